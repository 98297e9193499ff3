import { mkdir } from 'node:fs/promises';
import { AppError } from '@switchroom/protocol';
import { isSafeId, recordingDirectory } from '../format/ids.ts';
import { isCode } from '../format/secretFile.ts';

/**
 * Makes the directory of a recording in the vault. Errors: `AppError('bad-request')` for an id that cannot be a file
 * name, `AppError('conflict')` when it is there already.
 */
export async function makeDirectory(vaultDirectory: string, recordingId: string): Promise<string> {
  if (!isSafeId(recordingId)) {
    throw new AppError('bad-request', 'The recording id cannot be a file name.');
  }
  const directory = recordingDirectory(vaultDirectory, recordingId);
  await mkdir(vaultDirectory, { recursive: true, mode: 0o700 });
  await mkdir(directory, { mode: 0o700 }).catch((cause: unknown) => {
    if (!isCode(cause, 'EEXIST')) throw cause;
    throw new AppError('conflict', 'There is a recording of that id already.', { cause });
  });
  return directory;
}
