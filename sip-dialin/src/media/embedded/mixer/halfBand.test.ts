import { describe, expect, it } from 'vitest';
import { Downsampler2x, Upsampler2x } from './halfBand.ts';

const tone = (hz: number, rate: number, samples: number, amplitude = 10_000): Int16Array =>
  Int16Array.from(
    { length: samples },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / rate),
  );

/** Amplitude of one frequency in the second half, where the filter has settled. */
function amplitudeAt(pcm: Int16Array, hz: number, rate: number): number {
  let re = 0;
  let im = 0;
  const from = pcm.length / 2;
  for (let i = from; i < pcm.length; i++) {
    re += pcm[i]! * Math.cos((2 * Math.PI * hz * i) / rate);
    im += pcm[i]! * Math.sin((2 * Math.PI * hz * i) / rate);
  }
  return (2 * Math.hypot(re, im)) / (pcm.length - from);
}

function up(input: Int16Array): Int16Array {
  const out = new Int16Array(input.length * 2);
  new Upsampler2x().process(input, out);
  return out;
}
function down(input: Int16Array): Int16Array {
  const out = new Int16Array(input.length / 2);
  new Downsampler2x().process(input, out);
  return out;
}
const decibels = (ratio: number): number => 20 * Math.log10(ratio);

describe('half-band filters', () => {
  it.each([300, 1000, 2000, 3000, 3400])('pass %i Hz both ways within 0.1 dB', (hz) => {
    expect(
      Math.abs(decibels(amplitudeAt(up(tone(hz, 8000, 3200)), hz, 16_000) / 10_000)),
    ).toBeLessThan(0.1);
    expect(
      Math.abs(decibels(amplitudeAt(down(tone(hz, 16_000, 6400)), hz, 8000) / 10_000)),
    ).toBeLessThan(0.1);
  });

  it('suppress images and aliases by more than 60 dB', () => {
    expect(decibels(amplitudeAt(up(tone(1000, 8000, 3200)), 7000, 16_000) / 10_000)).toBeLessThan(
      -60,
    );
    expect(decibels(amplitudeAt(down(tone(5000, 16_000, 6400)), 3000, 8000) / 10_000)).toBeLessThan(
      -60,
    );
  });

  it('give the same in frames as in one go', () => {
    const input = tone(700, 8000, 800);
    const whole = up(input);
    const pieces = new Int16Array(1600);
    const upsampler = new Upsampler2x();
    for (let i = 0; i < 800; i += 160) {
      upsampler.process(input.subarray(i, i + 160), pieces.subarray(2 * i, 2 * i + 320));
    }
    expect(pieces).toEqual(whole);

    const halves = new Int16Array(800);
    const downsampler = new Downsampler2x();
    for (let i = 0; i < 1600; i += 320) {
      downsampler.process(whole.subarray(i, i + 320), halves.subarray(i / 2, i / 2 + 160));
    }
    expect(halves).toEqual(down(whole));
  });

  it('copyFrom() goes on where the other is', () => {
    const input = tone(700, 16_000, 640);
    const first = new Downsampler2x();
    const second = new Downsampler2x();
    const out = new Int16Array(160);
    first.process(input.subarray(0, 320), out);
    second.copyFrom(first);
    const a = new Int16Array(160);
    first.process(input.subarray(320), a);
    second.process(input.subarray(320), out);
    expect(out).toEqual(a);
  });

  it('saturate instead of wrapping', () => {
    const square = Int16Array.from({ length: 320 }, (_, i) => (i % 20 < 10 ? 32767 : -32768));
    const out = up(square);
    for (let i = 80; i < out.length; i++) {
      // A wrapped overshoot would have the wrong sign right beside a full-scale neighbour.
      if (Math.abs(out[i]! - out[i - 1]!) > 60_000) expect.fail(`wrapped at ${i}`);
    }
  });
});
