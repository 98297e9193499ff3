import { describe, expect, it } from 'vitest';
import { checkLedger } from './ledger.mjs';
import type { LedgerEntry, Manifest } from './shapes.mjs';

const GOOD: LedgerEntry = {
  ...{ track: 't1', compared: { produced: 52, received: 50 } },
  ...{ received: 50, written: 48, sounding: 40 },
};
const DIED: LedgerEntry = { ...GOOD, sounding: 'unknown', upToMs: 10_000 };

/** What is said of a track with so many packets. */
function faultOf(entry: LedgerEntry, packets: number, isExact: boolean): string {
  try {
    const manifest = { ledger: [entry] } as unknown as Manifest;
    checkLedger(manifest, 't1', 'a track', { sounding: 40, packets, isExact });
    return 'ok';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('checkLedger()', () => {
  it('takes what is so, and of an Ogg file that silence fills its gaps', () => {
    expect(faultOf(GOOD, 48, true)).toBe('ok');
    expect(faultOf(GOOD, 60, false)).toBe('ok');
    expect(faultOf({ ...GOOD, track: 't2', written: 9 }, 48, true)).toBe('ok');
  });

  it('names a track that has other packets', () => {
    expect(faultOf(GOOD, 49, true)).toBe('a track has 49 packets, not 48 as the ledger says.');
    for (const isExact of [true, false]) {
      expect(faultOf(GOOD, 47, isExact)).toContain('a track has other packets');
      for (const sounding of [39, 41]) {
        const other = faultOf({ ...GOOD, sounding }, 48, isExact);
        expect(other).toBe(`a track has other packets than the ledger says: 40, not ${sounding}.`);
      }
    }
  });

  it('names an entry that cannot be so', () => {
    for (const change of [
      ...[{ received: 47 }, { written: 39 }, { written: 51 }, { received: -1 }, { received: 50.5 }],
      ...[
        { compared: { produced: -1, received: 0 } },
        { compared: { produced: 1.5, received: 0 } },
      ],
      ...[{ received: 'unknown' }, { sounding: 'unknown' }],
    ] as Partial<LedgerEntry>[]) {
      const said = faultOf({ ...GOOD, ...change }, 60, false);
      expect(said).toBe('The ledger of track t1 contradicts itself.');
    }
  });

  it('takes less than there is of a track whose recorder died, and never more', () => {
    expect(faultOf(DIED, 48, true)).toBe('ok');
    expect(faultOf(DIED, 480, true)).toBe('ok');
    expect(faultOf(DIED, 47, true)).toContain('other packets');
    const unknown = { received: 'unknown', written: 'unknown', sounding: 'unknown' } as const;
    expect(faultOf({ ...DIED, ...unknown, compared: null }, 5, true)).toBe('ok');
  });
});
