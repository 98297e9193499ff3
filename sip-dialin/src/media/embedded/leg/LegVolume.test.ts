import { describe, expect, it } from 'vitest';
import { amplitudeAt, toneFrame, worstResidueDb } from '../testing/tones.ts';
import { LegVolume } from './LegVolume.ts';

const HZ = 500;
const RATE = 16_000;
/** A second of a tone through it, 20 ms at a time. */
const through = (volume: LegVolume, amplitude: number, seconds = 1): Int16Array => {
  const pcm = toneFrame(HZ, RATE, 0, seconds * RATE, amplitude);
  for (let at = 0; at < pcm.length; at += 320) volume.apply(pcm.subarray(at, at + 320));
  return pcm;
};
const end = (pcm: Int16Array): Int16Array => pcm.subarray(pcm.length / 2);

describe('LegVolume', () => {
  it.each([-12, -3, 6, 12])('makes it louder or softer by %d dB, without a click', (db) => {
    const volume = new LegVolume();
    volume.db = db;
    const pcm = through(volume, 5000);
    const gain = 20 * Math.log10(amplitudeAt(end(pcm), HZ, RATE) / 5000);
    expect(gain).toBeCloseTo(db, 1);
    expect(worstResidueDb(pcm, HZ, RATE)).toBeLessThan(-40);
  });

  it('is active until it is back at 0 dB, which it is soon', () => {
    const volume = new LegVolume();
    expect(volume.isActive).toBe(false);
    volume.db = 12;
    expect(volume.isActive).toBe(true);
    through(volume, 1000);
    volume.db = 0;
    expect(volume.isActive).toBe(true);
    const pcm = through(volume, 1000);
    expect(worstResidueDb(pcm, HZ, RATE)).toBeLessThan(-40);
    expect(volume.isActive).toBe(false);
  });

  it('turns down what would be too loud instead of clipping it', () => {
    const volume = new LegVolume();
    volume.db = 12;
    const pcm = end(through(volume, 20_000));
    expect(Math.max(...pcm)).toBeLessThan(29_300);
    expect(amplitudeAt(pcm, HZ, RATE)).toBeGreaterThan(28_000);
    expect(worstResidueDb(pcm, HZ, RATE)).toBeLessThan(-40);
  });

  it('takes hold at once of a shout after a whisper, and lets go slowly', () => {
    const volume = new LegVolume();
    volume.db = 12;
    through(volume, 500);
    const shout = through(volume, 25_000, 0.1);
    // What is cut off in its first 2 ms is not heard; after it nothing is.
    expect(Math.max(...shout.subarray(32))).toBeLessThan(29_300);
    const whisper = through(volume, 500);
    expect(worstResidueDb(whisper, HZ, RATE)).toBeLessThan(-40);
    expect(amplitudeAt(end(whisper), HZ, RATE)).toBeCloseTo(500 * 10 ** 0.6, -2);
  });

  it('takes what is beyond its bounds as the bound', () => {
    const volume = new LegVolume();
    volume.db = 100;
    expect(amplitudeAt(end(through(volume, 1000)), HZ, RATE)).toBeLessThan(4000);
    volume.db = -Infinity;
    expect(amplitudeAt(end(through(volume, 1000)), HZ, RATE)).toBeGreaterThan(240);
  });
});
