import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCode, loadOrCreateSecret } from './secretFile.ts';

/** Within `DATA_DIR/keys`: public keys as `SigningKey.publicKey` has them, one a line. */
const SEAL_KEYS_FILE = 'recorder-keys.txt';

/**
 * The public keys that recorders of this installation have sealed with. They lie beside the secret keys, not in the vault:
 * whoever can write there, or in the bucket, cannot add one of his own.
 */
export class SealKeys {
  readonly #path: string;
  #known: ReadonlySet<string> = new Set();

  constructor(keysDirectory: string) {
    this.#path = join(keysDirectory, SEAL_KEYS_FILE);
  }

  /** The file is read anew for a key that was not in it: a recorder can have come by since. */
  async has(publicKey: string): Promise<boolean> {
    if (this.#known.has(publicKey)) return true;
    this.#known = new Set(await this.#read());
    return this.#known.has(publicKey);
  }

  /** `before`: the keys that were used when there was no such file yet. */
  async add(publicKey: string, before: () => Promise<Iterable<string>>): Promise<void> {
    const make = async (): Promise<string> =>
      [...new Set([...(await before()), publicKey])].join('\n');
    const keys = (await loadOrCreateSecret(this.#path, make)).split('\n');
    if (keys.includes(publicKey)) return;
    // Recorders that are started together may both do so, which does no harm.
    const handle = await open(this.#path, 'a', 0o600);
    try {
      await handle.writeFile(`${publicKey}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async #read(): Promise<string[]> {
    try {
      return (await readFile(this.#path, 'utf8')).split('\n').filter((line) => line !== '');
    } catch (error) {
      if (isCode(error, 'ENOENT')) return [];
      throw error;
    }
  }
}
