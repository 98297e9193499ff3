import { describe, expect, it } from 'vitest';
import { g711, PCMA, PCMU, type G711Codec } from './g711.ts';

const ALL_CODES = Uint8Array.from({ length: 256 }, (_, i) => i);
const SWEEP = Int16Array.from({ length: 65536 }, (_, i) => i - 32768);

function decoded(codec: G711Codec): Int16Array {
  const out = new Int16Array(256);
  expect(codec.decode(ALL_CODES, out)).toBe(256);
  return out;
}

/**
 * The positive decoder outputs of G.711 tables 1a and 2a, built from the segment ends that the
 * tables print, not from the arithmetic under test. 16-bit units.
 */
function tableOf(firstStep: number, firstValue: number, segmentSteps: number[]): number[] {
  const values: number[] = [];
  let value = firstValue;
  let step = firstStep;
  for (const next of segmentSteps) {
    for (let i = 0; i < 16; i++) {
      values.push(value);
      if (i < 15) value += step;
    }
    // The last value of a segment and the first of the next are half of each step apart.
    value += (step + next) / 2;
    step = next;
  }
  return values;
}

/** Half the width of the step that a code stands for, from the segment numbers in the tables. */
function halfStep(codec: G711Codec, code: number): number {
  const segment = ((codec.law === 'PCMU' ? ~code : code ^ 0x55) >> 4) & 7;
  return codec.law === 'PCMU' ? 4 << segment : 8 << Math.max(0, segment - 1);
}

describe('mu-law', () => {
  it('decodes all 256 codes as the table says', () => {
    const table = tableOf(8, 0, [16, 32, 64, 128, 256, 512, 1024, 1024]);
    const out = decoded(PCMU);
    for (let i = 0; i < 128; i++) {
      expect(out[0xff - i]).toBe(table[i]);
      expect(out[0x7f - i]).toBe(i === 0 ? 0 : -table[i]!);
    }
    expect(out[0x80]).toBe(32124); // 8031 in the table's 14 bits.
    expect(out[0x00]).toBe(-32124);
  });
});

describe('A-law', () => {
  it('decodes all 256 codes as the table says', () => {
    const table = tableOf(16, 8, [16, 32, 64, 128, 256, 512, 1024, 1024]);
    const out = decoded(PCMA);
    for (let i = 0; i < 128; i++) {
      expect(out[(0x80 | i) ^ 0x55]).toBe(table[i]);
      expect(out[i ^ 0x55]).toBe(-table[i]!);
    }
    expect(out[0xff ^ 0x55]).toBe(32256); // 4032 in the table's 13 bits.
  });
});

describe.each([PCMU, PCMA])('$law', (codec) => {
  it('gives every sample of the sweep the code whose step it lies in', () => {
    const codes = new Uint8Array(65536);
    codec.encode(SWEEP, codes);
    const values = decoded(codec);
    const largest = Math.max(...values);
    const wrong = SWEEP.filter((sample, i) => {
      const value = values[codes[i]!]!;
      if (Math.abs(sample) > largest) return Math.abs(value) !== largest;
      return Math.abs(value - sample) > halfStep(codec, codes[i]!);
    });
    expect(wrong).toHaveLength(0);
  });

  it('is monotonic over the sweep', () => {
    const codes = new Uint8Array(65536);
    codec.encode(SWEEP, codes);
    const back = new Int16Array(65536);
    codec.decode(codes, back);
    expect(back.filter((value, i) => i > 0 && value < back[i - 1]!)).toHaveLength(0);
  });

  it('encodes what it decoded to the same value, for all codes', () => {
    const values = decoded(codec);
    const codes = new Uint8Array(256);
    codec.encode(values, codes);
    const again = new Int16Array(256);
    codec.decode(codes, again);
    expect(again).toEqual(values);
  });

  it('knows its own sound, and tells it from any other by one sample', () => {
    const values = decoded(codec);
    expect(codec.isSoundOf(ALL_CODES, values)).toBe(true);
    expect(codec.isSoundOf(ALL_CODES, values.subarray(1))).toBe(false);
    values[255]! += 1;
    expect(codec.isSoundOf(ALL_CODES, values)).toBe(false);
  });

  it('encodes zero as its silence code', () => {
    const out = new Uint8Array(1);
    codec.encode(new Int16Array(1), out);
    expect(out[0]).toBe(codec.silence);
    expect(g711(codec.law)).toBe(codec);
  });
});
