import { AppError } from '@switchroom/protocol';
import { SEAL_FILE, sealSchema, type Seal } from '../format/seal.ts';
import type { FileStore } from '../storage/FileStore.ts';

export interface ReadSeal {
  /** As it was signed, with its end of line. */
  line: string;
  seal: Seal;
}

/** The seal of a recording; `null` while it is made. Errors: those of reading, and of a line that is no seal. */
export async function readSeal(
  files: Pick<FileStore, 'open'>,
  recordingId: string,
): Promise<ReadSeal | null> {
  const file = await files.open(`${recordingId}/${SEAL_FILE}`);
  if (file === null) return null;
  try {
    const line = (await file.read(0, file.size)).toString();
    return { line, seal: parseSeal(line) };
  } finally {
    await file.close();
  }
}

function parseSeal(line: string): Seal {
  try {
    return sealSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new AppError('internal', 'The seal of the recording was changed.', { cause });
  }
}
