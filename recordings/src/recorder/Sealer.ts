import { readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hash } from 'node:crypto';
import { replaceFile, syncDirectory } from '../format/durable.ts';
import { INDEX_ID, MANIFEST_ID, recordingDirectory, sealedFile } from '../format/ids.ts';
import {
  freshManifestFile,
  manifestBytes,
  prepareManifest,
  type Manifest,
} from '../format/manifest.ts';
import { fingerprintOfRecipient, recipientsOf } from '../format/recipients.ts';
import { SEAL_FILE, signSeal } from '../format/seal.ts';
import { isCode } from '../format/secretFile.ts';
import type { SigningKey } from '../format/SigningKey.ts';
import type { IndexFile } from './IndexLog.ts';
import type { ChainHead } from './KnownHead.ts';
import { SealChain, type BrokenChain } from './SealChain.ts';

export interface SealerOptions {
  vaultDirectory: string;
  /** All recorders of a vault share one. */
  key: SigningKey;
  /** Held while one of them seals. */
  lockPath: string;
  /** The time now. */
  wallTime: () => Date;
  /** Told of a chain that was cut, lost or made anew; sealing goes on from the head that is known. */
  onBroken: (chain: BrokenChain) => void;
}

export interface SealRequest {
  /** As it shall be, but for the seal. */
  manifest: Manifest;
  index: IndexFile | null;
  /** `age1…`, or several with commas. */
  recipient: string;
  /** Fingerprint of the server's export key, when it told it. */
  exportKey: string | null;
}

/**
 * Signs manifests and chains them, one at a time. What a crash leaves behind is finished or done anew: the
 * manifest and its seal lie beside the recording before the chain has them, and count once it has.
 */
export class Sealer {
  readonly #options: SealerOptions;
  #busy: Promise<unknown> = Promise.resolve();

  constructor(options: SealerOptions) {
    this.#options = options;
  }

  /** Resolves once the seal is on the disk. Errors: those of the file system; nothing counts then. */
  seal(request: SealRequest): Promise<void> {
    const sealed = this.#busy.then(() => this.#withChain((chain) => this.#seal(chain, request)));
    this.#busy = sealed.catch(() => undefined);
    return sealed;
  }

  /** The last seal of the vault. */
  head(): Promise<ChainHead> {
    return this.#withChain(async ({ head }) => head);
  }

  /** Finishes what a crash left half done; false when the recording has no seal in the chain. */
  async resume(recordingId: string): Promise<boolean> {
    const { vaultDirectory } = this.#options;
    const directory = recordingDirectory(vaultDirectory, recordingId);
    const line = await readOrNull(join(directory, SEAL_FILE));
    if (line === null) return false;
    if (!(await this.#withChain((chain) => chain.has(line.trimEnd())))) return false;
    if (await exists(freshManifestFile(vaultDirectory, recordingId))) {
      await this.#publish(recordingId);
    }
    return true;
  }

  /** Resolves when nothing is being sealed. */
  async close(): Promise<void> {
    await this.#busy;
  }

  #withChain<T>(work: (chain: SealChain) => Promise<T>): Promise<T> {
    return SealChain.with(this.#options, work);
  }

  async #seal(
    chain: SealChain,
    { manifest: draft, index, recipient, exportKey }: SealRequest,
  ): Promise<void> {
    const { vaultDirectory, key, wallTime } = this.#options;
    const { sequence: last, hash: previous } = chain.head;
    const sequence = last + 1;
    const sealedAt = wallTime().toISOString();
    const place = { sequence, previous, sealedAt, key: key.fingerprint, exportKey };
    const manifest: Manifest = { ...draft, seal: place };
    const recordingId = manifest.recording.id;
    const file = await prepareManifest(vaultDirectory, manifest, recipient);
    const bytes = manifestBytes(manifest);
    const files = manifest.files.map(({ id, sha256, bytes: size }) => ({
      ...{ id, sha256, bytes: size },
    }));
    const indexFile = index === null ? [] : [{ id: INDEX_ID, ...index }];
    const line = signSeal(
      {
        ...{ type: 'switchroom-seal', version: 1, sequence, previous, recordingId, sealedAt },
        manifest: {
          sha256: hash('sha256', bytes, 'hex'),
          signature: key.sign(bytes).toString('base64'),
        },
        files: [...files, ...indexFile, { id: MANIFEST_ID, ...file }],
        recipients: recipientsOf(recipient).map(fingerprintOfRecipient),
        exportKey,
      },
      key,
    );
    const directory = recordingDirectory(vaultDirectory, recordingId);
    await replaceFile(join(directory, SEAL_FILE), `${line}\n`);
    await chain.append(line);
    await this.#publish(recordingId);
  }

  async #publish(recordingId: string): Promise<void> {
    const { vaultDirectory } = this.#options;
    await rename(
      freshManifestFile(vaultDirectory, recordingId),
      sealedFile(vaultDirectory, recordingId, MANIFEST_ID),
    );
    await syncDirectory(recordingDirectory(vaultDirectory, recordingId));
  }
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}
