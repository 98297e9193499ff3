import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import { DiskStore } from './DiskStore.ts';
import { storeContract } from './storeContract.ts';

describe('DiskStore', () => {
  const directories: string[] = [];
  afterAll(async () => {
    for (const directory of directories) await rm(directory, { recursive: true });
  });
  storeContract(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'disk-store-'));
    directories.push(directory);
    return new DiskStore(directory);
  });
});
