import { describe, expect, it } from 'vitest';
import type { Gap, TimelineEvent } from '@switchroom/protocol';
import { SilenceLog } from './SilenceLog.ts';

const TRACK = { id: 't1', participantId: 'anna' };
const event = (atMs: number, what: TimelineEvent['event'], participantId = 'anna') => {
  return { atMs, event: what, participantId };
};
const gapsOf = (log: SilenceLog, timeline: TimelineEvent[] = [], pauses: Gap[] = []) =>
  log.gaps([TRACK], timeline, pauses).map(({ fromMs, toMs, reason }) => [fromMs, toMs, reason]);

describe('gaps()', () => {
  it('are where nothing came for a second or more', () => {
    const log = new SilenceLog();
    log.add('t1', 100, 1099);
    log.add('t1', 2000.2, 3001.9);
    log.add('t2', 0, 5000);
    expect(gapsOf(log)).toEqual([[2001, 3001, 'no-packets']]);
  });

  it('are cut by what explains them, and what nothing does is stated too', () => {
    const log = new SilenceLog();
    log.add('t1', 1000, 30_000);
    log.lost(['t1', 't2'], 20_000);
    log.lost(['t1'], 21_000);
    log.found('t1', 25_000);
    log.found('t1', 26_000);
    const timeline = [
      event(500, 'muted', 'bert'),
      event(4000, 'muted'),
      event(10_000, 'unmuted'),
      event(22_000, 'muted'),
      event(27_000, 'left'),
    ];
    const by = { kind: 'user', id: 'u1', name: 'host' } as const;
    const pauses: Gap[] = [
      { file: 't1', fromMs: 12_000, toMs: 14_000, reason: 'paused', by },
      { file: 'mix', fromMs: 0, toMs: null, reason: 'paused', by },
    ];
    expect(gapsOf(log, timeline, pauses)).toEqual([
      [1000, 4000, 'no-packets'],
      [4000, 10_000, 'muted'],
      [10_000, 12_000, 'no-packets'],
      [14_000, 20_000, 'no-packets'],
      [20_000, 25_000, 'server-lost'],
      [25_000, 27_000, 'muted'],
      [27_000, 30_000, 'no-packets'],
    ]);
  });

  it('reach to the end of the track where the server came back without its participant', () => {
    const log = new SilenceLog();
    log.lost(['t1'], 5000);
    log.add('t1', 4900, 60_000);
    expect(gapsOf(log)).toEqual([[5000, 60_000, 'server-lost']]);
  });

  it('are none while sound goes on though the server is away', () => {
    const log = new SilenceLog();
    log.lost(['t1'], 5000);
    expect(gapsOf(log)).toEqual([]);
  });
});
