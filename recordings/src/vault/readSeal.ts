import type { RecordingState } from '@switchroom/protocol';
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

/** What tells whether a recording has to have a seal. */
export interface Books {
  /** Whose seals are trusted. */
  keys: Pick<SealKeys, 'has'>;
  /** As it is written down elsewhere than in the vault; `null`: nobody knows of anything that was recorded. */
  stateOf: (recordingId: string) => Promise<RecordingState | null>;
  /** Whether a seal of it is in the chain. */
  isInChain: (recordingId: string) => Promise<boolean>;
}

/**
 * The seal of a recording, signed by a key that a recorder here has sealed with; `null` while it is made, and when there is no
 * such recording. Errors: those of reading; `SealError` for a seal that is not to be believed, or is gone.
 */
export async function trustedSeal(
  files: Files,
  recordingId: string,
  books: Books,
): Promise<ReadSeal | null> {
  const read =
    (await readSeal(files, recordingId)) ?? (await sealedMeanwhile(files, recordingId, books));
  if (read === null) return null;
  const { line, seal } = read;
  if (seal.recordingId !== recordingId || !isSealSigned(line.replace(/\n$/, ''))) {
    throw new SealError('tampered', 'The seal is not as it was signed.');
  }
  if (!(await books.keys.has(seal.key))) {
    throw new SealError('tampered', 'The seal is by a key that no recorder here has sealed with.');
  }
  return read;
}

/** Of a recording without a seal: it may have none only as long as it is made. */
async function sealedMeanwhile(
  files: Files,
  recordingId: string,
  books: Books,
): Promise<ReadSeal | null> {
  if (await isBeingMade(files, recordingId, books)) return null;
  const isThere = await has(files, `${recordingId}/${MANIFEST_ID}${SEALED_SUFFIX}`);
  const state = await books.stateOf(recordingId);
  if (!isThere && (state === null || state === 'recording')) return null;
  const read = await readSeal(files, recordingId);
  if (read !== null) return read;
  const message = isThere ? 'The seal is gone from the vault.' : 'It is gone from the vault.';
  throw new SealError('tampered', message);
}

/**
 * Or waits for a recorder to finish what another one left: it has a journal then. That alone proves nothing, since whoever takes
 * a seal away can put a file of that name in its place.
 */
export async function isBeingMade(
  files: Files,
  recordingId: string,
  { stateOf, isInChain }: Books,
): Promise<boolean> {
  if (!(await has(files, `${recordingId}/${JOURNAL_FILE}`))) return false;
  const state = await stateOf(recordingId);
  // One that failed may have been sealed as that, or not yet.
  return state !== 'sealed' && !(state === 'failed' && (await isInChain(recordingId)));
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
