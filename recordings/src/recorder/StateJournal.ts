import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../format/durable.ts';
import { JOURNAL_FILE } from '../format/ids.ts';
import { manifestSchema } from '../format/manifest.ts';
import { SealError } from '../format/SealError.ts';
import { isCode, loadOrCreateSecret } from '../format/secretFile.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a recorder needs to seal a recording that another began. */
const stateSchema = z.object({
  /** Who makes it (SignOfLife.ts). */
  recorder: z.string().max(64),
  recipient: z.string(),
  manifest: manifestSchema,
  /** Shows the content's digest in each record (contentMark.ts); base64. */
  contentKey: z.base64().length(44),
  /** Samples that a decoder of a track, or of the mix, gives before the first. */
  preSkip: z.object({ track: z.int().nonnegative(), mix: z.int().nonnegative() }),
  exportKey: z.string().nullable(),
});
export type OpenState = z.infer<typeof stateSchema>;

/**
 * The recorder's own note on each open recording: who is on which track, but no sound. Since the recorder
 * cannot read the vault, the note is encrypted with a key of the recorder's, and is gone once sealed.
 */
export class StateJournal {
  readonly #key: Buffer;

  private constructor(key: Buffer) {
    this.#key = key;
  }

  /** The key lies in `keysDirectory`, readable by its owner only; it is made when it is missing. */
  static async open(keysDirectory: string): Promise<StateJournal> {
    const path = join(keysDirectory, 'recorder-state.key');
    const text = await loadOrCreateSecret(path, () => randomBytes(32).toString('base64'));
    const key = Buffer.from(text, 'base64');
    if (key.length !== 32)
      throw new Error(`${path} holds no key of 256 bits; put it back from a copy.`);
    return new StateJournal(key);
  }

  async write(directory: string, state: OpenState): Promise<void> {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    const sealed = Buffer.concat([cipher.update(JSON.stringify(state)), cipher.final()]);
    const bytes = Buffer.concat([nonce, sealed, cipher.getAuthTag()]);
    await replaceFile(join(directory, JOURNAL_FILE), bytes);
  }

  /**
   * The note in a recording's directory; `null` when there is none: it is sealed. Errors: `SealError` for one that no recorder here
   * has written; those of the file system.
   */
  async read(directory: string): Promise<OpenState | null> {
    let bytes: Buffer;
    try {
      bytes = await readFile(join(directory, JOURNAL_FILE));
    } catch (error) {
      if (isCode(error, 'ENOENT')) return null;
      throw error;
    }
    try {
      return stateSchema.parse(JSON.parse(this.#opened(bytes)));
    } catch (cause) {
      throw new SealError('tampered', 'The journal of the recording was changed.', { cause });
    }
  }

  async remove(directory: string): Promise<void> {
    await rm(join(directory, `${JOURNAL_FILE}.new`), { force: true });
    await rm(join(directory, JOURNAL_FILE), { force: true });
  }

  #opened(bytes: Buffer): string {
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString();
  }
}
