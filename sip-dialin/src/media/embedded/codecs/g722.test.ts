import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { G722Decoder, G722Encoder } from './g722.ts';

const FRAME = 320;
const GOLDEN_START = '5efaf770f77afa9eb7b77ababab7fade';
const GOLDEN_CODES = '36fe52a3e96f4aa9c54ad9e655303c461236f87b2f43a6b51279378221070c22';
const GOLDEN_PCM = '1616bb8d5e82689219fa16fe8d000f5755fc12946c224857abacbc161fe76a64';

const hashOf = (data: NodeJS.TypedArray): string => createHash('sha256').update(data).digest('hex');

/** One second of noise from below one step to half of full scale. */
function risingNoise(): Int16Array {
  let x = 1n;
  return Int16Array.from({ length: 16_000 }, (_, i) => {
    x = (x * 1103515245n + 12345n) & 0x7fffffffn;
    return (Number((x >> 15n) & 0xffffn) - 32768) >> (16 - Math.floor((i * 16) / 16_000));
  });
}

function encode(pcm: Int16Array, encoder = new G722Encoder(), frame = FRAME): Uint8Array {
  const codes = new Uint8Array(pcm.length / 2);
  for (let i = 0; i < pcm.length; i += frame) {
    encoder.encode(pcm.subarray(i, i + frame), codes.subarray(i / 2));
  }
  return codes;
}

function decode(codes: Uint8Array, decoder = new G722Decoder(), frame = FRAME): Int16Array {
  const pcm = new Int16Array(codes.length * 2);
  for (let i = 0; i < codes.length; i += frame / 2) {
    decoder.decode(codes.subarray(i, i + frame / 2), pcm.subarray(i * 2));
  }
  return pcm;
}

const tone = (hz: number, amplitude: number, samples = 16_000): Int16Array =>
  Int16Array.from(
    { length: samples },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / 16_000),
  );

/** Signal to noise in dB, over the two filters' delay of 22 samples, once it has settled. */
function snr(sent: Int16Array, heard: Int16Array): number {
  let signal = 0;
  let noise = 0;
  for (let i = 3200; i < heard.length; i++) {
    signal += sent[i - 22]! ** 2;
    noise += (heard[i]! - sent[i - 22]!) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

describe('G.722', () => {
  /* Made once with another implementation (spandsp 0.0.6) from the same noise: every bit is equal. */
  it('encodes and decodes as others do, to the bit', () => {
    const codes = encode(risingNoise());
    expect(Buffer.from(codes.subarray(0, 16)).toString('hex')).toBe(GOLDEN_START);
    expect(hashOf(codes)).toBe(GOLDEN_CODES);
    expect(hashOf(decode(codes))).toBe(GOLDEN_PCM);
  });

  it.each([
    [300, 30],
    [1000, 30],
    [2500, 25],
    [6000, 12],
  ])('carries a tone of %i Hz with at least %i dB over its noise', (hz, least) => {
    const sent = tone(hz, 8000);
    expect(snr(sent, decode(encode(sent)))).toBeGreaterThan(least);
  });

  it('makes the same of packets of any length', () => {
    const pcm = risingNoise();
    const whole = encode(pcm);
    expect(encode(pcm, new G722Encoder(), 160)).toEqual(whole);
    expect(encode(pcm, new G722Encoder(), 1600)).toEqual(whole);
    expect(decode(whole, new G722Decoder(), 160)).toEqual(decode(whole));
  });

  it('saturates instead of wrapping, and comes back', () => {
    const pcm = Int16Array.from({ length: 16_000 }, (_, i) =>
      i < 8000 ? (i % 32 < 16 ? 32767 : -32768) : 0,
    );
    const heard = decode(encode(pcm));
    for (let i = 1000; i < 8000; i++) {
      // In the middle of each half wave the sign is what was sent.
      if (i % 16 === 8) expect(Math.sign(heard[i + 22]!)).toBe(Math.sign(pcm[i]!));
    }
    expect(Math.max(...heard.subarray(15_000).map(Math.abs))).toBeLessThan(50);
  });

  it('forgets what it did not hear: a decoder that joins late soon hears the same', () => {
    const codes = encode(tone(700, 6000));
    const [all, late] = [decode(codes), decode(codes.subarray(2000))];
    expect(snrOf(all.subarray(14_000), late.subarray(10_000))).toBeGreaterThan(30);
  });

  it('copyFrom() goes on where the other is', () => {
    const pcm = risingNoise();
    const first = new G722Encoder();
    encode(pcm.subarray(0, 6400), first);
    const second = new G722Encoder();
    encode(pcm.subarray(9600), second);
    second.copyFrom(first);
    expect(encode(pcm.subarray(6400), second)).toEqual(encode(pcm.subarray(6400), first));
  });
});

function snrOf(signal: Int16Array, other: Int16Array): number {
  let noise = 1e-9;
  let power = 0;
  signal.forEach((sample, i) => {
    power += sample ** 2;
    noise += (sample - other[i]!) ** 2;
  });
  return 10 * Math.log10(power / noise);
}
