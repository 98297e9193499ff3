import { join } from 'node:path';

/*
 * Where things lie in the vault. A name on disk tells an id and nothing else.
 */

/** The mix of all participants goes by this track id. */
export const MIX_ID = 'mix';
export const MANIFEST_ID = 'manifest';
/** The seek index of all of them (seekIndex.ts). */
export const INDEX_ID = 'index';
/** What is said to be damaged where a seal is. */
export const SEAL_ID = 'seal';
export const SEALED_SUFFIX = '.sealed';

/** Whether an id can be a file name: no separator, no dot, no surprise. */
export function isSafeId(id: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(id);
}

/** Whether what goes by an id in the vault is sound: a track, or the mix. */
export function isSoundId(id: string): boolean {
  return isSafeId(id) && id !== MANIFEST_ID && id !== INDEX_ID;
}

export function recordingDirectory(vaultDirectory: string, recordingId: string): string {
  return join(vaultDirectory, recordingId);
}

export function sealedFile(vaultDirectory: string, recordingId: string, fileId: string): string {
  return join(vaultDirectory, recordingId, fileId + SEALED_SUFFIX);
}

/** In a recording's directory as long as it is made. */
export const JOURNAL_FILE = 'state.open';
