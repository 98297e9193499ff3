import { describe, expect, it } from 'vitest';
import { DiskSync } from './DiskSync.ts';

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

describe('DiskSync', () => {
  it('does two files at once and every file once, however slow the disk is', async () => {
    const sync = new DiskSync(() => 0);
    const files = [new FakeFile(), new FakeFile(), new FakeFile()];
    for (const file of files) sync.add(file);
    const counts = (): number[] => files.map(({ syncs }) => syncs);
    sync.tick();
    sync.tick();
    expect(counts()).toEqual([1, 1, 0]);
    // Written again meanwhile: its turn comes after the others'.
    files[0]!.isDirty = true;
    sync.tick();
    await files[0]!.done();
    expect(counts()).toEqual([1, 1, 1]);
    await files[1]!.done();
    expect(counts()).toEqual([2, 1, 1]);
  });

  it('leaves alone what was not written, or was taken out', () => {
    const sync = new DiskSync(() => 0);
    const [clean, gone] = [new FakeFile(), new FakeFile()];
    clean.isDirty = false;
    sync.add(clean);
    sync.add(gone)();
    sync.tick();
    expect([clean.syncs, gone.syncs]).toEqual([0, 0]);
  });
});
