import { describe, expect, it } from 'vitest';
import { OTHER_TONE, ToneWatch, WATCHED_TONE } from '../bench/ToneWatch.ts';

function frame(position: number, samples = 160): Int16Array {
  const step = (2 * Math.PI * WATCHED_TONE) / 8000;
  return Int16Array.from({ length: samples }, (_, i) => 8000 * Math.sin(step * (position + i)));
}

function watch(frames: Iterable<[number, Int16Array]>): ToneWatch {
  const tone = new ToneWatch();
  for (const [position, samples] of frames) tone.push(position, samples);
  return tone;
}

const tenFrames = Array.from({ length: 10 }, (_, i): [number, Int16Array] => [
  i * 160,
  frame(i * 160),
]);

describe('ToneWatch', () => {
  it('finds nothing in a steady tone', () => {
    const { longestGapMs, gaps, clicks, listenedMs } = watch(tenFrames);
    expect({ longestGapMs, gaps, clicks, listenedMs }).toEqual({
      longestGapMs: 0,
      gaps: 0,
      clicks: 0,
      listenedMs: 200,
    });
  });

  it('finds a packet that never came', () => {
    const tone = watch(tenFrames.filter((_, i) => i !== 5));
    expect(tone.longestGapMs).toBe(20);
    expect(tone.gaps).toBe(1);
  });

  it('finds silence within packets', () => {
    const frames = structuredClone(tenFrames);
    frames[4]![1].fill(0, 100);
    const tone = watch(frames);
    expect(tone.longestGapMs).toBeGreaterThan(5);
    expect(tone.longestGapMs).toBeLessThan(10);
    expect(tone.gaps).toBe(1);
  });

  it('finds a jump of the phase', () => {
    const jumped = tenFrames.map(([at], i): [number, Int16Array] => [
      at,
      frame(at + (i > 4 ? 3 : 0)),
    ]);
    const tone = watch(jumped);
    expect(tone.clicks).toBeGreaterThan(0);
    expect(tone.gaps).toBe(0);
  });

  it('hears the tone beside another one that is as loud, and misses it there', () => {
    const step = (2 * Math.PI * OTHER_TONE) / 8000;
    const mixed = tenFrames.map(([at, samples], i): [number, Int16Array] => [
      at,
      samples.map((sample, j) => (i === 6 ? 0 : sample) + 8000 * Math.sin(step * (at + j))),
    ]);
    const tone = watch([
      ...tenFrames,
      ...mixed.map(([at, s]): [number, Int16Array] => [at + 1600, s]),
    ]);
    expect(tone.gaps).toBe(1);
    expect(tone.longestGapMs).toBe(20);
  });

  it('passes over what comes late or twice', () => {
    const tone = watch([...tenFrames, tenFrames[3]!, tenFrames[9]!]);
    expect(tone.listenedMs).toBe(200);
  });
});
