import type { AudioFile } from '@switchroom/recordings/vault';
import { expect, it } from 'vitest';
import { Waveforms } from './Waveforms.ts';

const audio = (size: number): AudioFile => ({ size, damage: [], async *read() {} });

it('makes one at a time, keeps it until the track has grown, and tries again after a failure', async () => {
  const made: number[] = [];
  let busy = 0;
  const waveforms = new Waveforms(async ({ size }) => {
    expect(++busy).toBe(1);
    made.push(size);
    await Promise.resolve();
    busy--;
    if (size === 0) throw new Error('no sound');
    return { stepMs: 50, peaks: [size] };
  });
  const [a, b] = [waveforms.of('a', audio(1)), waveforms.of('b', audio(2))];
  expect(await Promise.all([a, b, waveforms.of('a', audio(1))])).toMatchObject([
    { peaks: [1] },
    { peaks: [2] },
    { peaks: [1] },
  ]);
  expect((await waveforms.of('a', audio(3))).peaks).toEqual([3]);
  await expect(waveforms.of('c', audio(0))).rejects.toThrow('no sound');
  await expect(waveforms.of('c', audio(0))).rejects.toThrow('no sound');
  expect(made).toEqual([1, 2, 3, 0, 0]);
});
