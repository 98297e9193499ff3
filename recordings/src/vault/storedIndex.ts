import type { ByteSource } from '../format/ByteSource.ts';
import { INDEX_ID, SEALED_SUFFIX } from '../format/ids.ts';
import type { Seal } from '../format/seal.ts';
import { decodeIndex, type IndexRow } from '../format/seekIndex.ts';
import { SealedLogReader } from '../format/SealedLogReader.ts';
import { SealError } from '../format/SealError.ts';
import type { AudioFileName } from './AudioIndex.ts';
import type { VaultFiles } from './VaultFiles.ts';

type Files = Pick<VaultFiles, 'open' | 'isAsSealed'>;

export interface StoredIndex {
  /**
   * What the recorder noted of each record of the file. None where it is not known to be right: the recording is still
   * made, or was before there were such notes; they are gone or were changed; or the file itself was, and has
   * to be read to say where.
   */
  rows: IndexRow[];
  /** Whether the file is what its seal says; `null` while there is none. */
  isAsSealed: boolean | null;
}

/** `sealed`: the files of its seal. `anew`: as of `VaultFiles.isAsSealed()`, for both files. Errors: those of reading. */
export async function storedIndex(
  files: Files,
  { recordingId, trackId }: AudioFileName,
  sealed: Seal['files'] | undefined,
  identity: string,
  anew = false,
): Promise<StoredIndex> {
  const [file, notes] = [trackId, INDEX_ID].map((id) => sealed?.find((one) => one.id === id));
  if (file === undefined) return { rows: [], isAsSealed: null };
  if (!(await files.isAsSealed(recordingId, file, anew))) return { rows: [], isAsSealed: false };
  const isNoted = notes !== undefined && (await files.isAsSealed(recordingId, notes, anew));
  const index = isNoted ? await files.open(`${recordingId}/${INDEX_ID}${SEALED_SUFFIX}`) : null;
  const rows = index === null ? [] : await rowsOf(index, { recordingId, trackId }, identity);
  return { rows, isAsSealed: true };
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
