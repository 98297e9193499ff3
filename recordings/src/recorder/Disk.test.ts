import { describe, expect, it } from 'vitest';
import { Disk } from './Disk.ts';

class FakeFile {
  isDirty = true;
  syncs = 0;
  readonly #gates: (() => void)[] = [];

  async sync(): Promise<void> {
    this.isDirty = false;
    this.syncs++;
    await new Promise<void>((resolve) => this.#gates.push(resolve));
  }

  async done(): Promise<void> {
    this.#gates.shift()!();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('Disk', () => {
  it('has all files synced together, once a second', async () => {
    const disk = new Disk();
    const files = [new FakeFile(), new FakeFile()];
    for (const file of files) disk.add(file);
    const counts = (): number[] => files.map(({ syncs }) => syncs);
    disk.tick(5000);
    expect(counts()).toEqual([1, 1]);
    for (const file of files) await file.done();
    for (const file of files) file.isDirty = true;
    disk.tick(5900);
    expect(counts()).toEqual([1, 1]);
    disk.tick(6000);
    expect(counts()).toEqual([2, 2]);
  });

  it('waits for a slow disk, and then goes on', async () => {
    const disk = new Disk();
    const [quick, slow] = [new FakeFile(), new FakeFile()];
    disk.add(quick);
    disk.add(slow);
    disk.tick(0);
    await quick.done();
    quick.isDirty = true;
    disk.tick(1500);
    expect(quick.syncs).toBe(1);
    await slow.done();
    disk.tick(1600);
    expect(quick.syncs).toBe(2);
  });

  it('leaves alone what was not written, or was taken out', () => {
    const disk = new Disk();
    const [clean, gone] = [new FakeFile(), new FakeFile()];
    clean.isDirty = false;
    disk.add(clean);
    disk.add(gone)();
    disk.tick(0);
    expect([clean.syncs, gone.syncs]).toEqual([0, 0]);
  });
});
