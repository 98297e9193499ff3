import { describe, expect, it } from 'vitest';
import { LEG_FORMATS, type LegCodec } from '../codecs/legCodecs.ts';
import { meanOpinionScore } from './eModel.ts';

const CODECS = Object.keys(LEG_FORMATS) as LegCodec[];

describe('meanOpinionScore()', () => {
  it('is that of a perfect telephone call at best, whatever the codec', () => {
    for (const codec of CODECS) expect(meanOpinionScore(codec, 0, 0)).toBeCloseTo(4.41, 2);
  });

  // R and MOS as ITU-T G.107 annex B and G.109 pair them. Loss that takes so much of 93.2, by G.107 7-29 with the
  // values of G.113 appendix I for G.711 with concealment: Ie,eff = 95 * Ppl / (Ppl + 25.1).
  it.each([
    [90, 4.34, 0.87495],
    [80, 4.03, 4.0504],
    [70, 3.6, 8.1103],
    [60, 3.1, 13.484],
    [50, 2.58, 20.932],
  ])('is at R = %d the %d of the table', (_r, mos, percent) => {
    // The formula of the same annex gives 4.024 for the 4.03.
    for (const codec of ['PCMU', 'PCMA'] as const) {
      expect(Math.abs(meanOpinionScore(codec, percent / 100, 0) - mos)).toBeLessThan(0.007);
    }
  });

  it('falls with delay, faster from 177.3 ms on', () => {
    // Id = 0.024 * 133.33 = 3.2, which leaves R = 90.
    expect(meanOpinionScore('PCMU', 0, 133.33)).toBeCloseTo(4.34, 2);
    // Id = 0.024 * 280 + 0.11 * 102.7 = 18.02, which leaves R = 75.18.
    expect(meanOpinionScore('PCMU', 0, 280)).toBeCloseTo(3.83, 2);
  });

  it('takes what has no value on this scale for G.711, and says nothing else of it', () => {
    for (const codec of ['G722', 'opus'] as const) {
      for (const [loss, delayMs] of [
        [0.01, 20],
        [0.2, 250],
      ] as const) {
        expect(meanOpinionScore(codec, loss, delayMs)).toBe(
          meanOpinionScore('PCMU', loss, delayMs),
        );
      }
    }
  });

  it('is 1 at worst, and never better with more loss', () => {
    expect(meanOpinionScore('G722', 1, 1000)).toBe(1);
    const byLoss = [0, 0.01, 0.02, 0.05, 0.1, 0.3, 1].map((loss) =>
      meanOpinionScore('PCMA', loss, 80),
    );
    expect(byLoss).toEqual(byLoss.toSorted((a, b) => b - a));
    expect(new Set(byLoss).size).toBe(byLoss.length);
  });
});
