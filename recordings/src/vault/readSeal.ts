import { JOURNAL_FILE, MANIFEST_ID, SEALED_SUFFIX } from '../format/ids.ts';
import { isSealSigned, SEAL_FILE, sealSchema, type Seal } from '../format/seal.ts';
import { SealError } from '../format/SealError.ts';
import type { SealKeys } from '../format/SealKeys.ts';
import type { FileStore } from '../storage/FileStore.ts';

type Files = Pick<FileStore, 'open'>;

export interface ReadSeal {
  /** As it was signed, with its end of line. */
  line: string;
  seal: Seal;
}

/**
 * The seal of a recording; `null` while it is made. Whether to believe it, is another question (below). Errors: those of
 * reading, `SealError` for a line that is no seal.
 */
export async function readSeal(files: Files, recordingId: string): Promise<ReadSeal | null> {
  const file = await files.open(`${recordingId}/${SEAL_FILE}`);
  if (file === null) return null;
  try {
    const line = (await file.read(0, file.size)).toString();
    return { line, seal: parseSeal(line) };
  } finally {
    await file.close();
  }
}

/**
 * The seal of a recording, signed by a key that a recorder here has sealed with; `null` while it is made, and when there is no
 * such recording. Errors: those of reading; `SealError` for a seal that is not to be believed, or is gone.
 */
export async function trustedSeal(
  files: Files,
  recordingId: string,
  keys: Pick<SealKeys, 'has'>,
): Promise<ReadSeal | null> {
  const read = (await readSeal(files, recordingId)) ?? (await sealedMeanwhile(files, recordingId));
  if (read === null) return null;
  const { line, seal } = read;
  if (seal.recordingId !== recordingId || !isSealSigned(line.replace(/\n$/, ''))) {
    throw new SealError('tampered', 'The seal is not as it was signed.');
  }
  if (!(await keys.has(seal.key))) {
    throw new SealError('tampered', 'The seal is by a key that no recorder here has sealed with.');
  }
  return read;
}

/** Of a recording without a seal: it has a journal as long as it is made. */
async function sealedMeanwhile(files: Files, recordingId: string): Promise<ReadSeal | null> {
  if (await isBeingMade(files, recordingId)) return null;
  if (!(await has(files, `${recordingId}/${MANIFEST_ID}${SEALED_SUFFIX}`))) return null;
  const read = await readSeal(files, recordingId);
  if (read === null) throw new SealError('tampered', 'The seal is gone from the vault.');
  return read;
}

/** Or waits for a recorder to finish what another one left. */
export function isBeingMade(files: Files, recordingId: string): Promise<boolean> {
  return has(files, `${recordingId}/${JOURNAL_FILE}`);
}

async function has(files: Files, name: string): Promise<boolean> {
  const file = await files.open(name);
  await file?.close();
  return file !== null;
}

function parseSeal(line: string): Seal {
  try {
    return sealSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new SealError('tampered', 'The seal of the recording was changed.', { cause });
  }
}
