import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isSafeId, sealedFile } from '../format/ids.ts';
import { freshManifestFile } from '../format/manifest.ts';
import type { Seal } from '../format/seal.ts';
import { isCode } from '../format/secretFile.ts';
import type { SealedSource } from './sealedEntries.ts';

/** The files of a seal that are in the vault, to be read one after the other. */
export async function sealedSources(vaultDirectory: string, seal: Seal): Promise<SealedSource[]> {
  const sources: SealedSource[] = [];
  for (const { id } of seal.files) {
    // Whoever can write there could have made the seal.
    if (!isSafeId(id)) continue;
    const path = sealedFile(vaultDirectory, seal.recordingId, id);
    const size = await sizeOf(path);
    if (size !== null) sources.push({ id, size, content: contentOf(path) });
  }
  return sources;
}

/** Whether a crash left the seal half done: it counts once the manifest is in its place. */
export async function isHalfSealed(vaultDirectory: string, recordingId: string): Promise<boolean> {
  return (await sizeOf(freshManifestFile(vaultDirectory, recordingId))) !== null;
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Opened when its turn comes: a recording can have hundreds. */
async function* contentOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path) as AsyncIterable<Uint8Array>;
}
