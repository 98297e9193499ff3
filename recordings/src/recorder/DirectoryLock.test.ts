import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DirectoryLock } from './DirectoryLock.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lock-'));
  path = join(directory, 'keys', 'recorder.lock');
});
afterEach(async () => await rm(directory, { recursive: true }));

it('is held by one, and the next one gets it once it is released', async () => {
  const first = await DirectoryLock.take(path, 0);
  expect((await stat(path)).mode & 0o077).toBe(0);
  await expect(DirectoryLock.take(path, 0)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('set DATA_DIR') as string,
  });
  const second = DirectoryLock.take(path, 10_000);
  first.release();
  first.release();
  (await second).release();
});
