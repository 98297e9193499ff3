import { statfs } from 'node:fs/promises';
import { AppError } from '@switchroom/protocol';

const MEGABYTE = 1024 * 1024;

/**
 * Refuses to begin what could not be written to its end.
 * Errors: `AppError('storage-full')` when fewer than `minFreeMb` are free.
 */
export async function checkSpace(directory: string, minFreeMb: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const freeMb = Math.floor((bavail * bsize) / MEGABYTE);
  if (freeMb >= minFreeMb) return;
  const what = `Only ${freeMb} MB are free for recordings; ${minFreeMb} are needed to begin one.`;
  throw new AppError('storage-full', what);
}
