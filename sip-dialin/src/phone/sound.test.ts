import { describe, expect, it } from 'vitest';
import { HeardSound } from './HeardSound.ts';
import { readSound, writeSound } from './soundFile.ts';
import { clip, sine } from './sources.ts';

/** Mean of the product with a sine and a cosine: the amplitude at a frequency, 0 to 1. */
function amplitudeAt(samples: Int16Array, frequency: number): number {
  let [re, im] = [0, 0];
  samples.forEach((sample, i) => {
    re += sample * Math.cos((2 * Math.PI * frequency * i) / 8000);
    im += sample * Math.sin((2 * Math.PI * frequency * i) / 8000);
  });
  return (2 * Math.hypot(re, im)) / samples.length / 32768;
}

/** One second of a tone as a WAV of another rate, the same on all channels. */
function wavOf(frequency: number, rate: number, channels: number): Uint8Array {
  const samples = Int16Array.from({ length: rate * channels }, (_, i) =>
    Math.round(16384 * Math.sin((2 * Math.PI * frequency * Math.floor(i / channels)) / rate)),
  );
  const file = writeSound(samples);
  const view = new DataView(file.buffer);
  view.setUint16(22, channels, true);
  view.setUint32(24, rate, true);
  return file;
}

describe('readSound', () => {
  it('gives back what writeSound() wrote', () => {
    const samples = Int16Array.of(0, 1, -1, 32767, -32768);
    expect([...readSound(writeSound(samples))]).toEqual([...samples]);
  });

  it.each([
    [16000, 1],
    [44100, 2],
    [48000, 1],
    [6000, 1],
  ])('makes %i Hz with %i channels into 8 kHz mono', (rate, channels) => {
    const samples = readSound(wavOf(1000, rate, channels));
    expect(samples.length).toBe(8000);
    expect(amplitudeAt(samples.subarray(800, 7200), 1000)).toBeCloseTo(0.5, 2);
  });

  it('keeps out what the telephone band cannot hold', () => {
    const samples = readSound(wavOf(7000, 48000, 1)).subarray(800, 7200);
    expect(amplitudeAt(samples, 1000)).toBeLessThan(0.005); // Where 7 kHz would fold to.
  });

  it('says what is wrong with a file', () => {
    expect(() => readSound(new Uint8Array(3))).toThrow('it is no WAV');
    expect(() => readSound(new TextEncoder().encode('ID3 some other music'))).toThrow('no WAV');
    const eightBit = writeSound(new Int16Array(4));
    new DataView(eightBit.buffer).setUint16(34, 8, true);
    expect(() => readSound(eightBit)).toThrow('it must be 16-bit PCM');
    expect(() => readSound(writeSound(new Int16Array(4)).subarray(0, 36))).toThrow(
      'no sound in it',
    );
  });
});

describe('sources', () => {
  it('clip() plays once, the last frame filled up with silence', () => {
    const play = clip(Int16Array.of(1, 2, 3));
    const frame = new Int16Array(2);
    expect([play(frame), ...frame]).toEqual([true, 1, 2]);
    expect([play(frame), ...frame]).toEqual([true, 3, 0]);
    expect([play(frame), ...frame]).toEqual([false, 0, 0]);
  });

  it('sine() goes on from frame to frame', () => {
    const play = sine(440);
    const samples = new Int16Array(8000);
    for (let at = 0; at < 8000; at += 160) expect(play(samples.subarray(at, at + 160))).toBe(true);
    expect(amplitudeAt(samples, 440)).toBeCloseTo(0.25, 3);
  });
});

describe('HeardSound', () => {
  const frame = (value: number): Int16Array => new Int16Array(4).fill(value);

  it('puts frames where their timestamps say: late ones back, pauses silent, over the wrap', () => {
    const heard = new HeardSound();
    heard.push(frame(1), 2 ** 32 - 4, 7);
    heard.push(frame(3), 4, 7);
    heard.push(frame(2), 0, 7);
    heard.push(frame(5), 12, 7);
    expect([...heard.samples]).toEqual([1, 2, 3, 0, 5].flatMap((value) => [...frame(value)]));
  });

  it('goes on at the end when the far end begins anew', () => {
    const heard = new HeardSound();
    heard.push(frame(1), 0, 7);
    heard.push(frame(2), 999, 8);
    heard.push(frame(3), 999 + 2 ** 30, 8);
    expect([...heard.samples]).toEqual([1, 2, 3].flatMap((value) => [...frame(value)]));
  });

  it('grows as long as a call may last', () => {
    const heard = new HeardSound();
    for (let i = 0; i < 1000; i++) heard.push(new Int16Array(160).fill(9), i * 160, 1);
    expect(heard.samples.length).toBe(160_000);
    expect(heard.samples.every((sample) => sample === 9)).toBe(true);
  });
});
