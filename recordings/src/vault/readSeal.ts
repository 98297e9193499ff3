import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recordingDirectory } from '../format/ids.ts';
import { SEAL_FILE, sealSchema, type Seal } from '../format/seal.ts';
import { isCode } from '../format/secretFile.ts';

export interface ReadSeal {
  /** As it was signed, with its end of line. */
  line: string;
  seal: Seal;
}

/** The seal of a recording; `null` while it is made. Errors: those of the file system, and of a line that is no seal. */
export async function readSeal(
  vaultDirectory: string,
  recordingId: string,
): Promise<ReadSeal | null> {
  try {
    const path = join(recordingDirectory(vaultDirectory, recordingId), SEAL_FILE);
    const line = await readFile(path, 'utf8');
    return { line, seal: sealSchema.parse(JSON.parse(line)) };
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}
