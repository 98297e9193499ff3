import { describe, expect, it } from 'vitest';
import { amplitudeAt, toneFrame } from '../testing/tones.ts';
import { NARROW_SAMPLES, TwoRateBus, WIDE_SAMPLES } from './TwoRateBus.ts';

const both = { narrow: true, wide: true };

/** A tone of 500 Hz at 8 kHz and one of 1500 Hz at 16 kHz, as each rate hears them. */
function run(ticks: number): { narrow: Int16Array; wide: Int16Array } {
  const bus = new TwoRateBus();
  const narrow = new Int16Array(ticks * NARROW_SAMPLES);
  const wide = new Int16Array(ticks * WIDE_SAMPLES);
  for (let i = 0; i < ticks; i++) {
    bus.clear();
    bus.add(toneFrame(500, 8000, i * NARROW_SAMPLES, NARROW_SAMPLES, 3000));
    bus.add(toneFrame(1500, 16_000, i * WIDE_SAMPLES, WIDE_SAMPLES, 3000));
    bus.cross(both);
    bus.write(narrow.subarray(i * NARROW_SAMPLES, (i + 1) * NARROW_SAMPLES));
    bus.write(wide.subarray(i * WIDE_SAMPLES, (i + 1) * WIDE_SAMPLES));
  }
  return { narrow, wide };
}

describe('TwoRateBus', () => {
  it('gives both rates all that either has', () => {
    const { narrow, wide } = run(20);
    for (const hz of [500, 1500]) {
      expect(amplitudeAt(narrow.subarray(800), hz, 8000)).toBeCloseTo(3000, -2);
      expect(amplitudeAt(wide.subarray(1600), hz, 16_000)).toBeCloseTo(3000, -2);
    }
  });

  it('takes the own voice away exactly, at its rate', () => {
    const bus = new TwoRateBus();
    const own = toneFrame(500, 8000, 0, NARROW_SAMPLES);
    const other = toneFrame(700, 8000, 0, NARROW_SAMPLES);
    bus.clear();
    bus.add(own);
    bus.add(other);
    bus.cross({ narrow: true, wide: false });
    const out = new Int16Array(NARROW_SAMPLES);
    bus.writeWithout(own, out);
    expect(out).toEqual(other);
  });

  it('lets what went through a filter ring to its end, once', () => {
    const bus = new TwoRateBus();
    const out = new Int16Array(NARROW_SAMPLES);
    const loud: boolean[] = [];
    for (let i = 0; i < 4; i++) {
      bus.clear();
      if (i === 0) bus.add(new Int16Array(WIDE_SAMPLES).fill(9000));
      loud.push(!bus.isNarrowOnly);
      bus.cross(both);
      bus.write(out);
    }
    expect(loud).toEqual([true, true, false, false]);
    expect(out.every((sample) => sample === 0)).toBe(true);
  });
});
