import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './durable.ts';

/**
 * The content of a file that only its owner may read; made with `make()` when it is missing. Of several
 * that make it at once, one wins and all get the same: it is written aside and linked into place.
 */
export async function loadOrCreateSecret(
  path: string,
  make: () => string | Promise<string>,
): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  const handle = await open(aside, 'wx', 0o600);
  try {
    await handle.writeFile(`${await make()}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(aside, path);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(aside, { force: true });
  }
  // What is encrypted to a key must not outlast it.
  await syncDirectory(dirname(path));
  return (await readFile(path, 'utf8')).trim();
}

/** Whether an error is the file system's of that code, as in `ENOENT`. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
