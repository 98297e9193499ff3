import { readdir, stat } from 'node:fs/promises';
import { AppError } from '@switchroom/protocol';
import {
  isSafeId,
  MANIFEST_ID,
  MIX_ID,
  recordingDirectory,
  SEALED_SUFFIX,
  sealedFile,
} from '../format/ids.ts';
import { readManifest } from '../format/manifest.ts';
import { SealError } from '../format/SealError.ts';
import { isCode } from '../format/secretFile.ts';
import { AudioIndex, type AudioFileName } from './AudioIndex.ts';
import type { AudioFile, Vault } from './Vault.ts';
import { zipStream, type ZipEntry } from './zipStream.ts';

/** Indexes kept: about 1 MB for a two-hour track. */
const MAX_INDEXES = 32;

export interface FileVaultOptions {
  /** The directory that the recorder writes to: `DATA_DIR/vault`. */
  dir: string;
  /** `AGE-SECRET-KEY-1…` */
  identity: string;
}

/** The vault on local disk. */
export class FileVault implements Vault {
  readonly #dir: string;
  readonly #identity: string;
  /** By path, least recently used first; good as long as the file has that size and date. */
  readonly #indexes = new Map<string, { version: string; index: Promise<AudioIndex> }>();

  constructor({ dir, identity }: FileVaultOptions) {
    this.#dir = dir;
    this.#identity = identity;
  }

  async openAudio(recordingId: string, trackId: string): Promise<AudioFile> {
    if (!isSafeId(recordingId) || !isSafeId(trackId) || trackId === MANIFEST_ID) throw notFound();
    const index = await this.#index({ recordingId, trackId });
    const identity = this.#identity;
    return {
      size: index.size,
      read: (start, end) => rethrown(index.read(start, end, identity)),
    };
  }

  async exportZip(recordingId: string): Promise<AsyncIterable<Uint8Array>> {
    if (!isSafeId(recordingId)) throw notFound();
    const ids = await this.#audioIds(recordingId);
    const manifest = await this.#manifest(recordingId);
    const entries: ZipEntry[] = [{ name: 'manifest.json', content: [manifest] }];
    for (const id of ids) {
      const audio = await this.openAudio(recordingId, id);
      const name = id === MIX_ID ? 'mix.ogg' : `tracks/${id}.ogg`;
      entries.push({ name, size: audio.size, content: audio.read(0, audio.size) });
    }
    return zipStream(entries);
  }

  async #audioIds(recordingId: string): Promise<string[]> {
    try {
      const names = await readdir(recordingDirectory(this.#dir, recordingId));
      return names
        .filter((name) => name.endsWith(SEALED_SUFFIX))
        .map((name) => name.slice(0, -SEALED_SUFFIX.length))
        .filter((id) => id !== MANIFEST_ID)
        .sort();
    } catch (error) {
      throw translated(error);
    }
  }

  async #manifest(recordingId: string): Promise<Buffer> {
    try {
      const path = sealedFile(this.#dir, recordingId, MANIFEST_ID);
      const manifest = await readManifest(path, this.#identity);
      return Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
    } catch (error) {
      throw translated(error);
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
        kept = { version, index: AudioIndex.build(path, file, this.#identity) };
      }
      this.#indexes.set(path, kept);
      const [oldest] = this.#indexes.keys();
      if (this.#indexes.size > MAX_INDEXES && oldest !== undefined) this.#indexes.delete(oldest);
      return await kept.index;
    } catch (error) {
      this.#indexes.delete(path);
      throw translated(error);
    }
  }
}

async function* rethrown(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
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
  return new AppError('internal', `The recording cannot be read: ${error.message}`, {
    cause: error,
  });
}
