import { describe, expect, it } from 'vitest';
import type { Gap } from '@switchroom/protocol';
import type { ManifestFile } from '../format/manifest.ts';
import { leftGaps, leftLedger } from './leftAccount.ts';

const file = (id: string, endedCleanly: boolean): ManifestFile => ({
  ...{ id, endedCleanly, sha256: '', bytes: 0, content: '', preSkip: 0 },
  ...{ startPosition: 0, endPosition: 480_000 },
});
const FILES = [file('mix', false), file('ended', true), file('torn', false), file('late', false)];
const counts = { compared: { produced: 9, received: 8 }, received: 8, written: 8, sounding: 7 };

describe('leftLedger()', () => {
  it('has an entry for each track, and believes no count of a file whose end is missing', () => {
    const ledger = ['ended', 'torn'].map((track) => ({ track, ...counts }));
    expect(leftLedger(ledger, FILES)).toEqual([
      { track: 'ended', ...counts },
      { track: 'torn', ...counts, written: 'unknown', sounding: 'unknown', upToMs: 10_000 },
      {
        ...{ track: 'late', compared: null, received: 'unknown', written: 'unknown' },
        ...{ sounding: 'unknown', upToMs: 0 },
      },
    ]);
  });

  it('keeps what was noted as of a time', () => {
    const noted = { track: 'torn', ...counts, sounding: 'unknown' as const, upToMs: 7000 };
    expect(leftLedger([noted], [file('torn', false)])).toEqual([noted]);
  });
});

describe('leftGaps()', () => {
  it('end where the file does', () => {
    const gap = (id: string, fromMs: number, toMs: number): Gap => ({
      ...{ file: id, fromMs, toMs, reason: 'no-packets' },
    });
    const paused: Gap = { file: 'torn', fromMs: 12_000, toMs: null, reason: 'paused' };
    expect(
      leftGaps(
        [gap('torn', 2000, 4000), gap('torn', 8000, 20_000), gap('torn', 10_000, 20_000), paused],
        FILES,
      ),
    ).toEqual([gap('torn', 2000, 4000), gap('torn', 8000, 10_000), paused]);
    expect(leftGaps([gap('ended', 8000, 20_000)], FILES)).toHaveLength(1);
  });
});
