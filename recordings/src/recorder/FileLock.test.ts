import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileLock } from './FileLock.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lock-'));
  path = join(directory, 'keys', 'chain.lock');
});
afterEach(async () => await rm(directory, { recursive: true }));

/** As another process sees it. */
async function isHeld(): Promise<boolean> {
  const script = `const { DatabaseSync } = require('node:sqlite');
    try { new DatabaseSync(process.argv[1], { timeout: 0 }).exec('begin exclusive'); console.log('free'); }
    catch (error) { console.log(error.errcode === 5 ? 'held' : String(error)); }`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script, path]);
  return stdout.trim() === 'held';
}

it('is still held once its own process has looked whether it is', async () => {
  const lock = FileLock.tryTake(path)!;
  expect(FileLock.tryTake(path)).toBeUndefined();
  expect(await isHeld()).toBe(true);
  lock.release();
  expect(await isHeld()).toBe(false);
}, 20_000);

it('is held by one, and the next one gets it once it is released', async () => {
  const first = await FileLock.take(path, 0);
  expect((await stat(path)).mode & 0o077).toBe(0);
  expect(FileLock.tryTake(path)).toBeUndefined();
  await expect(FileLock.take(path, 0)).rejects.toMatchObject({ code: 'unavailable' });
  const second = FileLock.take(path, 10_000);
  first.release();
  first.release();
  (await second).release();
});
