import { describe, expect, it } from 'vitest';
import { concatenate, duration, slice } from './Sound.ts';
import { FLOOR_DB, levelAt, levelsAt, loudness } from './goertzel.ts';
import { silence, tone } from './tones.ts';

describe('levelAt', () => {
  it('gives the amplitude of a tone in dBFS', () => {
    const sound = tone({ frequency: 440, seconds: 1, amplitude: 0.25 });
    expect(levelAt(sound, 440)).toBeCloseTo(-12.04, 1);
  });

  it('gives the same at 48 kHz', () => {
    const sound = tone({ frequency: 1330, seconds: 1, amplitude: 0.5, sampleRate: 48000 });
    expect(levelAt(sound, 1330)).toBeCloseTo(-6.02, 1);
  });

  it('does not let a tone leak into its neighbours', () => {
    const sound = tone({ frequency: 620, seconds: 1 });
    for (const level of levelsAt(sound, [440, 910, 1330])) expect(level).toBeLessThan(-80);
  });

  it('hears each tone of a mix', () => {
    const [a, b] = [tone({ frequency: 440, seconds: 1 }), tone({ frequency: 910, seconds: 1 })];
    const mix = { sampleRate: 8000, samples: a.samples.map((sample, i) => sample + b.samples[i]!) };
    const [first = 0, none = 0, second = 0] = levelsAt(mix, [440, 620, 910]);
    expect(first).toBeCloseTo(-12, 0);
    expect(second).toBeCloseTo(-12, 0);
    expect(none).toBeLessThan(-60);
  });

  it('is not decided by a gap', () => {
    const sound = tone({ frequency: 440, seconds: 2 });
    sound.samples.fill(0, 4000, 6000);
    expect(levelAt(sound, 440)).toBeCloseTo(-12, 0);
  });

  it('puts silence at the floor', () => {
    expect(levelAt(silence(1), 440)).toBe(FLOOR_DB);
    expect(loudness(silence(1))).toBe(FLOOR_DB);
  });

  it('refuses to measure a snippet', () => {
    expect(() => levelAt(silence(0.1), 440)).toThrow(/at least/);
  });
});

describe('tone', () => {
  it('keeps silent between bursts', () => {
    const sound = tone({ frequency: 440, seconds: 2, burst: { on: 0.5, off: 0.5 } });
    expect(levelAt(slice(sound, 0, 0.5), 440)).toBeGreaterThan(-14);
    expect(loudness(slice(sound, 0.5, 1))).toBe(FLOOR_DB);
    expect(levelAt(slice(sound, 1, 1.5), 440)).toBeGreaterThan(-14);
  });

  it('stays near its frequency while it warbles', () => {
    const sound = tone({ frequency: 910, seconds: 2, warble: 10 });
    expect(levelAt(sound, 910)).toBeGreaterThan(-20);
    expect(levelAt(sound, 1330)).toBeLessThan(-60);
  });
});

describe('Sound', () => {
  it('is cut and joined by seconds', () => {
    const whole = concatenate([silence(1), tone({ frequency: 440, seconds: 1 })]);
    expect(duration(whole)).toBe(2);
    expect(duration(slice(whole, 0.5, 0.75))).toBe(0.25);
    expect(levelAt(slice(whole, 1), 440)).toBeCloseTo(-12, 0);
  });

  it('cannot be joined at two sample rates', () => {
    expect(() => concatenate([silence(1, 8000), silence(1, 16000)])).toThrow(/sample rate/);
  });
});
