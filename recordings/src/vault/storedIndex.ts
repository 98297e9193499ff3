import type { ByteSource } from '../format/ByteSource.ts';
import { INDEX_ID, SEALED_SUFFIX } from '../format/ids.ts';
import type { Seal } from '../format/seal.ts';
import { decodeIndex, type IndexRow } from '../format/seekIndex.ts';
import { SealedLogReader } from '../format/SealedLogReader.ts';
import { SealError } from '../format/SealError.ts';
import { isSame } from '../storage/content.ts';
import type { FileStore } from '../storage/FileStore.ts';
import type { AudioFileName } from './AudioIndex.ts';
import { readSeal } from './readSeal.ts';

type Files = Pick<FileStore, 'open'>;

/**
 * What the recorder noted of each record of a file. None where it is not known to be right: the recording is still made, or
 * was before there were such notes; they are gone or were changed; or the file itself was, and has to be read to say
 * where. Errors: those of reading.
 */
export async function storedIndex(
  files: Files,
  file: AudioFileName,
  identity: string,
): Promise<IndexRow[]> {
  const seal = (await readSeal(files, file.recordingId))?.seal;
  if (seal?.files.some(({ id }) => id === INDEX_ID) !== true) return [];
  for (const id of [INDEX_ID, file.trackId]) {
    if (!(await isAsSealed(files, seal, id))) return [];
  }
  const index = await files.open(nameOf(file.recordingId, INDEX_ID));
  return index === null ? [] : await rowsOf(index, file, identity);
}

/** Whether a file is as the seal says, byte for byte. */
async function isAsSealed(files: Files, seal: Seal, id: string): Promise<boolean> {
  const known = seal.files.find((one) => one.id === id);
  const file = known === undefined ? null : await files.open(nameOf(seal.recordingId, id));
  if (known === undefined || file === null) return false;
  try {
    return await isSame(file, { size: known.bytes, sha256: known.sha256 });
  } finally {
    await file.close();
  }
}

async function rowsOf(
  index: ByteSource,
  { recordingId, trackId }: AudioFileName,
  identity: string,
): Promise<IndexRow[]> {
  try {
    const log = await SealedLogReader.open(index, identity);
    try {
      const { header } = log;
      if (header.recordingId !== recordingId || header.name !== INDEX_ID) return [];
      const rows: IndexRow[] = [];
      for await (const { plaintext } of log.records())
        rows.push(...decodeIndex(plaintext, trackId));
      return rows;
    } finally {
      await log.close();
    }
  } catch (error) {
    if (error instanceof SealError || error instanceof RangeError) return [];
    throw error;
  }
}

function nameOf(recordingId: string, id: string): string {
  return `${recordingId}/${id}${SEALED_SUFFIX}`;
}
