import { describe, expect, it } from 'vitest';
import { toneFrame } from '../testing/tones.ts';
import { Concealment } from './Concealment.ts';

/** A tone in packets of 20 ms of which some are lost. */
function heard(hz: number, rate: number, count: number, lost: readonly number[]): Int16Array {
  const concealment = new Concealment(rate);
  const samples = rate / 50;
  const out = new Int16Array(count * samples);
  for (let i = 0; i < count; i++) {
    const pcm = toneFrame(hz, rate, i * samples, samples);
    out.set(lost.includes(i) ? concealment.make(samples) : concealment.heard(pcm), i * samples);
  }
  return out;
}

/** The largest step from one sample to the next: a click stands out. */
const steepest = (pcm: Int16Array): number =>
  pcm.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (pcm[i - 1] ?? 0))), 0);

describe('Concealment', () => {
  it.each([
    [100, 8000],
    [210, 8000],
    [333, 8000],
    [210, 16_000],
  ])('goes on with a tone of %i Hz at %i Hz without a click', (hz, rate) => {
    const [whole, concealed] = [heard(hz, rate, 20, []), heard(hz, rate, 20, [10])];
    expect(steepest(concealed)).toBeLessThan(steepest(whole) * 1.5);
    const from = (10 * rate) / 50;
    // For the first 10 ms nearly nothing is missed.
    let error = 0;
    let power = 0;
    for (let i = from; i < from + rate / 100; i++) {
      error += (concealed[i]! - whole[i]!) ** 2;
      power += whole[i]! ** 2;
    }
    expect(10 * Math.log10(power / error)).toBeGreaterThan(15);
  });

  it('fades out while nothing comes, and is silent after 60 ms', () => {
    const pcm = heard(200, 8000, 14, [10, 11, 12, 13]);
    const peak = (i: number): number =>
      Math.max(...pcm.subarray(i * 160, (i + 1) * 160).map(Math.abs));
    expect(peak(10)).toBeGreaterThan(4500);
    expect(peak(11)).toBeLessThan(peak(10));
    expect(peak(12)).toBeLessThan(peak(11) * 0.7);
    expect(peak(13)).toBe(0);
  });

  it('leaves what arrives in order as it is, to the bit', () => {
    const concealment = new Concealment(8000);
    for (let i = 0; i < 5; i++) {
      const pcm = toneFrame(300, 8000, i * 160, 160);
      expect(concealment.heard(pcm.slice())).toEqual(pcm);
    }
  });

  it('makes silence of silence, and of nothing', () => {
    expect(new Concealment(8000).make(160)).toEqual(new Int16Array(160));
  });
});
