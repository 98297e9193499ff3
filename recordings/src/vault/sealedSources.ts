import { isSafeId, MANIFEST_ID, SEALED_SUFFIX } from '../format/ids.ts';
import { FRESH_SUFFIX } from '../format/manifest.ts';
import type { Seal } from '../format/seal.ts';
import type { FileStore, StoredFile } from '../storage/FileStore.ts';
import type { SealedSource } from './sealedEntries.ts';

type Files = Pick<FileStore, 'open'>;

/** What is read at a time: what a store likes to be asked for. */
const PIECE_BYTES = 1024 * 1024;

/** The files of a seal that are in the vault, to be read one after the other. Errors: those of `open()`. */
export async function sealedSources(files: Files, seal: Seal): Promise<SealedSource[]> {
  const sources: SealedSource[] = [];
  for (const { id } of seal.files) {
    // Whoever can write there could have made the seal.
    if (!isSafeId(id)) continue;
    const name = `${seal.recordingId}/${id}${SEALED_SUFFIX}`;
    const file = await files.open(name);
    if (file === null) continue;
    const { size } = file;
    await file.close();
    sources.push({ id, size, content: contentOf(files, name) });
  }
  return sources;
}

/** Whether a crash left the seal half done: it counts once the manifest is in its place. */
export async function isHalfSealed(files: Files, recordingId: string): Promise<boolean> {
  const fresh = await files.open(`${recordingId}/${MANIFEST_ID}${SEALED_SUFFIX}${FRESH_SUFFIX}`);
  await fresh?.close();
  return fresh !== null;
}

/** Opened when its turn comes: a recording can have hundreds. */
async function* contentOf(files: Files, name: string): AsyncGenerator<Uint8Array> {
  const file = await files.open(name);
  if (file === null) throw new Error(`${name} has gone from the vault.`);
  try {
    yield* piecesOf(file);
  } finally {
    await file.close();
  }
}

async function* piecesOf(file: StoredFile): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.size;) {
    const piece = await file.read(at, Math.min(PIECE_BYTES, file.size - at));
    if (piece.length === 0) throw new Error('A file of the vault has become shorter.');
    yield piece;
    at += piece.length;
  }
}
