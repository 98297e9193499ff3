import { rm, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { AppError, type ConsentsView } from '@switchroom/protocol';
import { isSafeId, MANIFEST_ID, recordingDirectory, sealedFile } from '../format/ids.ts';
import {
  manifestSchema,
  readManifest,
  readManifestBytes,
  type ManifestFile,
} from '../format/manifest.ts';
import { SAMPLES_PER_MS } from '../format/opus.ts';
import { SealError } from '../format/SealError.ts';
import { isCode } from '../format/secretFile.ts';
import type { SigningKey } from '../format/SigningKey.ts';
import { AudioIndex, type AudioFileName } from './AudioIndex.ts';
import { consentsOf } from './consentsOf.ts';
import { exportEntries } from './exportEntries.ts';
import { readSeal } from './readSeal.ts';
import { sealedEntries } from './sealedEntries.ts';
import { isHalfSealed, sealedSources } from './sealedSources.ts';
import type { AudioFile, Damage, Vault } from './Vault.ts';
import { zipStream } from './zipStream.ts';

/** Indexes kept: about 1 MB for a two-hour track. */
const MAX_INDEXES = 32;

export interface FileVaultOptions {
  /** The directory that the recorder writes to: `DATA_DIR/vault`. */
  dir: string;
  /** `AGE-SECRET-KEY-1…`, one a line; null: nothing can be opened. */
  identity: string | null;
  /** What exports are signed with. */
  exportKey: SigningKey;
  /** What the audit trail says of a recording, as lines of JSON; it becomes part of its export. */
  auditExtract?: (recordingId: string) => AsyncIterable<string>;
  /** Told when a file is found to be damaged, once for each state of the file; of one that does not open at all, no part. */
  onDamage?: (file: AudioFileName, damage: readonly Damage[]) => void;
}

/** The vault on local disk. */
export class FileVault implements Vault {
  readonly #options: FileVaultOptions;
  readonly #dir: string;
  readonly #identity: string | null;
  /** By path, least recently used first; good as long as the file has that size and date. */
  readonly #indexes = new Map<string, { version: string; index: Promise<AudioIndex> }>();

  constructor(options: FileVaultOptions) {
    this.#options = options;
    this.#dir = options.dir;
    this.#identity = options.identity;
  }

  async openAudio(recordingId: string, trackId: string): Promise<AudioFile> {
    if (!isSafeId(recordingId) || !isSafeId(trackId) || trackId === MANIFEST_ID) throw notFound();
    const index = await this.#index({ recordingId, trackId });
    const identity = this.#key();
    return {
      size: index.size,
      damage: index.damage,
      read: (start, end) => rethrown(index.read(start, end, identity)),
    };
  }

  async consents(recordingId: string): Promise<ConsentsView> {
    if (!isSafeId(recordingId)) throw notFound();
    try {
      const path = sealedFile(this.#dir, recordingId, MANIFEST_ID);
      return consentsOf(await readManifest(path, this.#key()));
    } catch (error) {
      throw translated(error);
    }
  }

  async exportZip(recordingId: string): Promise<AsyncIterable<Uint8Array>> {
    if (!isSafeId(recordingId)) throw notFound();
    const seal = await readSeal(this.#dir, recordingId);
    const manifest = await this.#sealedManifest(recordingId);
    if (seal === null || manifest === null) {
      throw new AppError('conflict', 'The recording is not sealed yet; it can be exported then.');
    }
    const audio = new Map<string, AudioIndex>();
    const lost: ManifestFile[] = [];
    for (const file of manifest.files) {
      const index = await this.#indexOrNull({ recordingId, trackId: file.id });
      if (index === null) lost.push(file);
      else audio.set(file.id, index);
    }
    const { exportKey, auditExtract } = this.#options;
    return zipStream(
      exportEntries({
        ...{ recordingId, manifest: manifest.bytes, seal, audio, lost, exportKey },
        identity: this.#key(),
        exportedAt: new Date(),
        audit: auditExtract?.(recordingId) ?? null,
      }),
    );
  }

  async exportSealedZip(recordingId: string): Promise<AsyncIterable<Uint8Array>> {
    if (!isSafeId(recordingId)) throw notFound();
    const seal = await readSeal(this.#dir, recordingId);
    if (seal?.seal.recordingId !== recordingId || (await isHalfSealed(this.#dir, recordingId))) {
      await mustBeThere(recordingDirectory(this.#dir, recordingId));
      throw new AppError('conflict', 'The recording is not sealed yet; it can be exported then.');
    }
    const { exportKey, auditExtract } = this.#options;
    const files = await sealedSources(this.#dir, seal.seal);
    const audit = auditExtract?.(recordingId) ?? null;
    return zipStream(
      sealedEntries({ recordingId, seal, files, exportKey, exportedAt: new Date(), audit }),
    );
  }

  async remove(recordingId: string): Promise<void> {
    if (!isSafeId(recordingId)) return;
    const directory = recordingDirectory(this.#dir, recordingId);
    // The keys go with the files: each file begins with its own, and it is kept nowhere else.
    await rm(directory, { recursive: true, force: true });
    for (const path of this.#indexes.keys()) {
      if (path.startsWith(`${directory}${sep}`)) this.#indexes.delete(path);
    }
  }

  /** Errors: `AppError('key-elsewhere')`. */
  #key(): string {
    if (this.#identity !== null) return this.#identity;
    throw new AppError('key-elsewhere', 'The key to this recording is not on this server.');
  }

  /** `null` when it is that of a recording which is still made. */
  async #sealedManifest(
    recordingId: string,
  ): Promise<{ bytes: Buffer; files: ManifestFile[] } | null> {
    try {
      const path = sealedFile(this.#dir, recordingId, MANIFEST_ID);
      const bytes = await readManifestBytes(path, this.#key());
      const { seal, files } = manifestSchema.parse(JSON.parse(bytes.toString()));
      return seal === null ? null : { bytes, files };
    } catch (error) {
      throw translated(error);
    }
  }

  /** `null` for one that is not there or does not open at all: an export goes on without it, and says so. */
  async #indexOrNull(file: AudioFileName): Promise<AudioIndex | null> {
    // Whoever has the public key could have made the manifest.
    if (!isSafeId(file.trackId)) return null;
    try {
      return await this.#index(file);
    } catch (error) {
      if (error instanceof AppError) return null;
      throw error;
    }
  }

  async #index(file: AudioFileName): Promise<AudioIndex> {
    const path = sealedFile(this.#dir, file.recordingId, file.trackId);
    try {
      const { size, mtimeMs } = await stat(path);
      const version = `${size} ${mtimeMs}`;
      let kept = this.#indexes.get(path);
      this.#indexes.delete(path);
      if (kept?.version !== version) {
        kept = { version, index: this.#build(path, file) };
      }
      this.#indexes.set(path, kept);
      const [oldest] = this.#indexes.keys();
      if (this.#indexes.size > MAX_INDEXES && oldest !== undefined) this.#indexes.delete(oldest);
      return await kept.index;
    } catch (error) {
      this.#indexes.delete(path);
      const isDamaged = error instanceof SealError && error.fault !== 'wrong-key';
      if (isDamaged) this.#options.onDamage?.(file, []);
      throw translated(error);
    }
  }

  /** What is missing of a sealed file that ends too soon: between two records nothing else tells. */
  async #cutOff(path: string, file: AudioFileName, index: AudioIndex): Promise<Damage | null> {
    const sealed = await readSeal(this.#dir, file.recordingId);
    const bytes = sealed?.seal.files.find(({ id }) => id === file.trackId)?.bytes ?? 0;
    if ((await stat(path)).size >= bytes) return null;
    const manifest = await this.#sealedManifest(file.recordingId);
    const known = manifest?.files.find(({ id }) => id === file.trackId);
    const fromMs = Math.round(index.endPosition / SAMPLES_PER_MS);
    return { fromMs, toMs: Math.round((known?.endPosition ?? 0) / SAMPLES_PER_MS) };
  }

  async #build(path: string, file: AudioFileName): Promise<AudioIndex> {
    const index = await AudioIndex.build(path, file, this.#key());
    const missing = await this.#cutOff(path, file, index);
    if (missing !== null) index.damage.push(missing);
    if (index.damage.length > 0) this.#options.onDamage?.(file, index.damage);
    return index;
  }
}

async function* rethrown(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    throw translated(error);
  }
}

async function mustBeThere(directory: string): Promise<void> {
  try {
    await stat(directory);
  } catch (error) {
    throw translated(error);
  }
}

function notFound(cause?: unknown): AppError {
  return new AppError('not-found', 'There is no such recording or track.', { cause });
}

function translated(error: unknown): unknown {
  if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return notFound(error);
  if (!(error instanceof SealError)) return error;
  if (error.fault === 'wrong-key') {
    return new AppError('key-lost', 'No key on this server opens this recording.', {
      cause: error,
    });
  }
  return new AppError('internal', `The recording cannot be read: ${error.message}`, {
    cause: error,
  });
}
