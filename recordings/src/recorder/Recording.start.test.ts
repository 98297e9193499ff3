import { readdir, readlink } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Disk } from './Disk.ts';
import { Studio } from '../testing/studio.ts';

let studio: Studio;

beforeEach(async () => {
  studio = await Studio.open();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await studio.close();
});

/** Files of the vault that this process has open. */
async function openFiles(): Promise<string[]> {
  const files = (await readdir('/proc/self/fd')).map((fd) =>
    readlink(`/proc/self/fd/${fd}`).catch(() => ''),
  );
  return (await Promise.all(files)).filter((path) => path.startsWith(studio.vaultDirectory));
}

it('a start that fails at its end, as on a full disk, leaves nothing: no file, none open, none to be synced', async () => {
  vi.spyOn(studio.journal, 'write').mockRejectedValue(new Error('ENOSPC'));
  const left = vi.fn();
  vi.spyOn(Disk.prototype, 'add').mockReturnValue(left);
  await expect(studio.record('r1')).rejects.toThrow('ENOSPC');
  expect(await openFiles()).toEqual([]);
  expect(await readdir(studio.vaultDirectory)).toEqual([]);
  expect(left).toHaveBeenCalledOnce();
});
