import { describe, expect, it } from 'vitest';
import { amplitudeAt } from '../testing/tones.ts';
import { ComfortNoise, comfortNoiseDbov } from './ComfortNoise.ts';
import { levelDbov } from './level.ts';

const FRAME = 320;

/** A frame for each level that is asked for. */
function frames(levels: readonly number[], noise = new ComfortNoise()): Int16Array[] {
  return levels.map((dbov) => {
    const frame = new Int16Array(FRAME);
    noise.fill(frame, dbov);
    return frame;
  });
}

describe('ComfortNoise', () => {
  it.each([-45, -60, -70])('is as loud as it is asked for, in every frame: %i dBov', (dbov) => {
    const levels = frames(Array<number>(500).fill(dbov)).map(levelDbov);
    expect(Math.max(...levels)).toBeLessThan(dbov + 1);
    expect(Math.min(...levels)).toBeGreaterThan(dbov - 1);
  });

  it('does not pump: another level is reached without a step', () => {
    const asked = [...Array<number>(50).fill(-70), ...Array<number>(50).fill(-50)];
    const levels = frames([...asked, ...Array<number>(60).fill(-62)]).map(levelDbov);
    levels.forEach((level, i) =>
      expect(Math.abs(level - (levels[i - 1] ?? level))).toBeLessThan(2.2),
    );
    expect(levels[75]).toBeGreaterThan(-51);
    expect(levels.at(-1)).toBeLessThan(-61);
  });

  it('is never louder than a voice, nor as soft as nothing', () => {
    expect(levelDbov(frames([0])[0]!)).toBeLessThan(-44);
    expect(levelDbov(frames([-127])[0]!)).toBeGreaterThan(-77);
  });

  it('has no tone in it, and does not repeat', () => {
    const all = Int16Array.from(frames(Array<number>(100).fill(-50)).flatMap((f) => [...f]));
    const rms = 32768 * 10 ** (-50 / 20);
    for (let hz = 100; hz < 8000; hz += 250) {
      expect(amplitudeAt(all, hz, 16_000)).toBeLessThan(rms / 10);
    }
    expect(all.subarray(0, FRAME)).not.toEqual(all.subarray(FRAME, 2 * FRAME));
  });

  it('reads the level of a packet, and nothing else', () => {
    expect(comfortNoiseDbov(Uint8Array.of(60, 1, 2))).toBe(-60);
    expect(comfortNoiseDbov(Uint8Array.of(200))).toBeUndefined();
    expect(comfortNoiseDbov(new Uint8Array(0))).toBeUndefined();
  });
});
