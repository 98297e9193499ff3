import { describe, expect, it } from 'vitest';
import { decodeAlaw, decodeMulaw, encodeMulaw } from './g711.ts';

describe('G.711', () => {
  it('decodes the ends and the middle of mu-law as the standard has them', () => {
    const bytes = Uint8Array.of(0x00, 0x80, 0xff, 0x7f, 0x8f);
    expect([...decodeMulaw(bytes)]).toEqual([-32124, 32124, 0, 0, 16764]);
  });

  it('decodes the ends and the middle of A-law as the standard has them', () => {
    expect([...decodeAlaw(Uint8Array.of(0xd5, 0x55, 0xaa, 0x2a))]).toEqual([8, -8, 32256, -32256]);
  });

  it('gives back every mu-law byte that it decoded', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const again = encodeMulaw(decodeMulaw(bytes));
    bytes[0x7f] = 0xff; // The two zeros are one in linear PCM.
    expect([...again]).toEqual([...bytes]);
  });

  it('is never off by more than the step of its segment', () => {
    const samples = Int16Array.from({ length: 6553 }, (_, i) => -32765 + i * 10);
    const heard = decodeMulaw(encodeMulaw(samples));
    samples.forEach((sample, i) => {
      expect(Math.abs(sample - heard[i]!)).toBeLessThanOrEqual(Math.max(8, Math.abs(sample) / 16));
    });
  });
});
