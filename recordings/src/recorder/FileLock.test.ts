import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileLock } from './FileLock.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lock-'));
  path = join(directory, 'keys', 'chain.lock');
});
afterEach(async () => await rm(directory, { recursive: true }));

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
