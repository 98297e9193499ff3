import { describe, expect, it } from 'vitest';
import { meanOpinionScore } from '../rtp/eModel.ts';
import { ReceptionStats } from '../rtp/ReceptionStats.ts';
import { ntpMiddle, ntpTime, type ReportBlock } from '../rtp/rtcp.ts';
import { QualityMeter } from './QualityMeter.ts';

const WALL = 1_700_000_000_123;
const block = (changes: Partial<ReportBlock>): ReportBlock => ({
  ssrc: 1,
  fractionLost: 0,
  cumulativeLost: 0,
  extendedHighestSeq: 0,
  jitter: 0,
  lastSr: 0,
  delaySinceLastSr: 0,
  ...changes,
});
const middleOf = (wallMs: number): number => {
  const { ntpSeconds, ntpFraction } = ntpTime(wallMs);
  return ntpMiddle(ntpSeconds, ntpFraction);
};
/** `packets` of 20 ms, without those whose number is in `lost`. */
const stream = (
  stats: ReceptionStats,
  from: number,
  packets: number,
  lost: number[] = [],
): void => {
  for (let i = from; i < from + packets; i++) {
    if (!lost.includes(i)) stats.push(i & 0xffff, i * 160, i * 20);
  }
};

describe('QualityMeter', () => {
  it('knows nothing before anything was heard or reported', () => {
    expect(new QualityMeter().take('PCMU', undefined, 20, 0)).toBeUndefined();
  });

  it('tells the loss since the last time, and the jitter of what arrives', () => {
    const meter = new QualityMeter();
    const stats = new ReceptionStats(1, 8000);
    stream(stats, 65_500, 100, [65_520, 65_540]); // Over the wrap.
    const first = meter.take('PCMU', stats, 20, 2000)!;
    expect(first).toMatchObject({ loss: 0.02, jitterMs: 0, roundTripMs: null });
    expect(first.mos).toBeCloseTo(meanOpinionScore('PCMU', 0.02, 40), 5);
    stream(stats, 65_600, 100);
    expect(meter.take('PCMU', stats, 20, 4000)).toMatchObject({ loss: 0 });
    expect(meter.take('PCMU', stats, 20, 6000)).toBeUndefined();
    // What RTCP reports of the same stream goes by its own intervals.
    expect(stats.report(6000)).toMatchObject({ cumulativeLost: 2, fractionLost: 2 });
  });

  it('takes the round trip from the report that answers ours, by the monotonic clock', () => {
    const meter = new QualityMeter();
    for (const i of [0, 1, 2]) meter.reportSent(WALL + i * 5000, 1000 + i * 5000);
    // It held our second report for 500 ms and was heard 580 ms after it had gone out.
    const answer = block({ lastSr: middleOf(WALL + 5000), delaySinceLastSr: 32_768 });
    meter.reported({ ...answer, fractionLost: 64, jitter: 160 }, 'PCMU', 6580);
    const quality = meter.take('PCMU', undefined, 20, 6600)!;
    expect(quality).toMatchObject({ loss: 0.25, jitterMs: 20 });
    expect(quality.roundTripMs).toBeCloseTo(80, 3);
    expect(quality.mos).toBeCloseTo(meanOpinionScore('PCMU', 0.25, 80), 3);
  });

  it('has no round trip from a report that answers none of ours, and counts Opus by its clock', () => {
    const meter = new QualityMeter();
    meter.reportSent(WALL, 1000);
    meter.reported(block({ lastSr: 12_345, jitter: 480 }), 'opus', 1100);
    meter.reported(block({ jitter: 480 }), 'opus', 1200);
    expect(meter.take('opus', undefined, 20, 1300)).toMatchObject({
      jitterMs: 10,
      roundTripMs: null,
    });
  });

  it('gives the worse of both ways, and forgets what was reported long ago', () => {
    const meter = new QualityMeter();
    const stats = new ReceptionStats(1, 8000);
    meter.reported(block({ fractionLost: 26, jitter: 40 }), 'PCMU', 0);
    stream(stats, 0, 100, [10]);
    const both = meter.take('PCMU', stats, 20, 2000)!;
    expect(both.loss).toBeCloseTo(0.1, 2);
    expect(both.jitterMs).toBe(5);
    stream(stats, 100, 1000);
    expect(meter.take('PCMU', stats, 20, 22_000)).toMatchObject({ loss: 0, jitterMs: 0 });
  });
});
