import { describe, expect, it } from 'vitest';
import { levelDbov } from './level.ts';
import { Leveller } from './Leveller.ts';
import { VoiceGate } from './VoiceGate.ts';

const RATE = 8000;
const FRAME = 160;

/** Words of harmonics with gaps, over noise: `dbov` while it speaks, as P.56 would measure. */
function speech(seconds: number, dbov: number, noiseDbov = -80): Int16Array[] {
  const amplitude = 32768 * 10 ** (dbov / 20) * Math.sqrt(2 / 3);
  const noise = 32768 * 10 ** (noiseDbov / 20) * Math.sqrt(3);
  let seed = 7;
  return Array.from({ length: seconds * 50 }, (_, frame) =>
    Int16Array.from({ length: FRAME }, (_, i) => {
      const at = (frame * FRAME + i) / RATE;
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      // Sentences of 2 s, pauses of 1 s, in which words of 300 ms have gaps of 100 ms.
      const speaks = at % 3 < 2 && at % 0.4 < 0.3;
      let sum = 0;
      for (let h = 1; h <= 3; h++) sum += Math.sin(2 * Math.PI * 140 * h * at + h);
      return (speaks ? sum * amplitude : 0) + (seed / 2 ** 31) * noise;
    }),
  );
}

/** What comes out; the voice is told as a leg tells it. */
function levelled(frames: Int16Array[], leveller = new Leveller()): Int16Array[] {
  const gate = new VoiceGate();
  return frames.map((frame) => {
    const out = frame.slice();
    leveller.process(out, 20, gate.update(levelDbov(frame), 20));
    return out;
  });
}

/** Mean power of the frames in the middle of words. */
function activeDbov(frames: readonly Int16Array[]): number {
  const loudest = Math.max(...frames.map(levelDbov));
  const levels = frames.map(levelDbov).filter((level) => level > loudest - 10);
  return 10 * Math.log10(levels.reduce((sum, l) => sum + 10 ** (l / 10), 0) / levels.length);
}

describe('Leveller', () => {
  it.each([-32, -29, -26, -23, -20.5])('leaves speech at %d dBov as it is, to the bit', (dbov) => {
    const frames = speech(20, dbov);
    for (const [i, out] of levelled(frames).entries()) expect(out).toEqual(frames[i]);
  });

  it('brings a quiet and a loud caller within 6 dB of each other, and keeps their order of none', () => {
    const [quiet, loud] = [-45, -10].map((dbov) =>
      activeDbov(levelled(speech(20, dbov)).slice(600)),
    );
    expect(Math.abs(quiet! - loud!)).toBeLessThan(6);
    for (const level of [quiet!, loud!]) {
      expect(level).toBeGreaterThan(-32);
      expect(level).toBeLessThan(-20);
    }
  });

  it.each([
    [-6, -33],
    [-12, -39],
    [-16, -43],
  ])('brings callers at %d and %d dBov, 27 dB apart, to 3 dB', (loud, soft) => {
    const [a, b] = [loud, soft].map((dbov) => activeDbov(levelled(speech(24, dbov)).slice(600)));
    expect(Math.abs(a! - b!)).toBeLessThan(3);
  });

  it('leaves one alone again, to the bit, whose voice has come back into the band', () => {
    const leveller = new Leveller();
    levelled(speech(12, -36), leveller);
    expect(leveller.gainDb).toBeGreaterThan(8);
    levelled(speech(40, -29), leveller);
    const frames = speech(6, -29);
    for (const [i, out] of levelled(frames, leveller).entries()) expect(out).toEqual(frames[i]);
  });

  it('does not take a soft beginning for a soft voice', () => {
    const leveller = new Leveller();
    levelled(speech(1, -36), leveller);
    levelled(speech(20, -29), leveller);
    expect(leveller.gainDb).toBe(0);
  });

  it.each([-48, -40, -36, -18, -14, -10])(
    'has speech at %d dBov within the band in 8 s',
    (dbov) => {
      const level = activeDbov(levelled(speech(14, dbov)).slice(400));
      expect(level).toBeGreaterThan(-32.5);
      expect(level).toBeLessThan(-19.5);
    },
  );

  it('does not pump: within a sentence the gain has no hearable movement once it has settled', () => {
    for (const dbov of [-42, -12]) {
      const leveller = new Leveller();
      const gains: number[] = [];
      levelled(speech(12, dbov), leveller);
      for (const frame of speech(12, dbov)) {
        leveller.process(frame, 20, true);
        gains.push(leveller.gainDb);
      }
      expect(Math.max(...gains) - Math.min(...gains)).toBeLessThan(1);
    }
  });

  it('never raises the noise of a line: neither in pauses nor before anybody spoke', () => {
    const noise = (frames: Int16Array[]): number[] =>
      frames.filter((_, i) => i > 300 && i % 150 > 120).map(levelDbov);
    const before = speech(12, -40, -62);
    const after = levelled(before);
    for (const [i, level] of noise(after).entries()) {
      expect(level).toBeLessThan(noise(before)[i]! + 0.5);
    }
    const alone = speech(5, -127, -55);
    expect(levelled(alone)).toEqual(alone);
  });

  it('raises a noisy voice less, so that its noise stays soft', () => {
    const leveller = new Leveller();
    levelled(speech(12, -40, -55), leveller);
    expect(leveller.gainDb).toBeLessThan(6);
  });

  it('bends a sudden shout instead of clipping it, and turns it down', () => {
    const leveller = new Leveller();
    levelled(speech(10, -44), leveller);
    const shout = levelled(speech(4, -9), leveller);
    const samples = shout.flatMap((frame) => [...frame]);
    expect(
      shout
        .slice(1)
        .flatMap((frame) => [...frame])
        .every((s) => Math.abs(s) < 32_767),
    ).toBe(true);
    expect(leveller.gainDb).toBeLessThan(-4);
    // No two samples in a row at one height: nothing was cut off flat.
    const flat = samples.filter((s, i) => Math.abs(s) > 30_000 && s === samples[i - 1]).length;
    expect(flat / samples.length).toBeLessThan(0.005);
  });

  it('changes its gain without a step', () => {
    const leveller = new Leveller();
    const gate = new VoiceGate();
    const steps: number[] = [];
    let before = 0;
    for (let i = 0; i < 400; i++) {
      // A constant shows the gain; a gap now and then tells it from a hum.
      const value = i % 40 === 39 ? 0 : 250;
      const pcm = new Int16Array(FRAME).fill(value);
      leveller.process(pcm, 20, gate.update(levelDbov(pcm), 20));
      for (const s of pcm) {
        if (value !== 0 && before !== 0) steps.push(Math.abs(s - before));
        before = s;
      }
    }
    expect(leveller.gainDb).toBeGreaterThan(10);
    expect(Math.max(...steps)).toBeLessThanOrEqual(2);
  });
});
