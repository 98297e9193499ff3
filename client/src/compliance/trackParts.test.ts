import type { TimelineEvent } from '@switchroom/protocol';
import { describe, expect, it } from 'vitest';
import { kindsOf, partsOf } from './trackParts.ts';

const track = { id: 't1', participantId: 'p1' };
const at = (atMs: number, event: TimelineEvent['event'], participantId = 'p1') => {
  return { atMs, event, participantId };
};
const gap = (
  fromMs: number,
  toMs: number | null,
  reason: 'no-packets' | 'muted' | 'server-lost',
) => {
  return { file: 't1', fromMs, toMs, reason };
};

describe('partsOf()', () => {
  it('tells mutes and holds of the one participant, to their end, to the leaving, or to the end of all', () => {
    const events = [
      at(1000, 'muted'),
      at(1500, 'muted', 'p2'),
      at(2000, 'held'),
      at(3000, 'unmuted'),
      at(4000, 'resumed'),
      at(5000, 'held'),
      at(6000, 'left'),
      at(7000, 'muted'),
    ];
    expect(partsOf(track, { events, gaps: [] }, 9000)).toEqual([
      { kind: 'muted', fromMs: 1000, toMs: 3000 },
      { kind: 'held', fromMs: 2000, toMs: 4000 },
      { kind: 'held', fromMs: 5000, toMs: 6000 },
      { kind: 'muted', fromMs: 7000, toMs: 9000 },
    ]);
  });

  it('tells gaps of the one track with their reason, but not what a mute or a hold explains', () => {
    const events = [at(10_000, 'held'), at(20_000, 'resumed'), at(30_000, 'muted')];
    const gaps = [
      gap(10_400, 20_900, 'no-packets'),
      gap(30_100, 39_000, 'muted'),
      gap(50_000, 52_000, 'no-packets'),
      gap(12_000, 14_000, 'server-lost'),
      { ...gap(1000, 2000, 'server-lost'), file: 't2' },
      gap(55_000, null, 'server-lost'),
    ];
    expect(partsOf(track, { events: [...events, at(40_000, 'unmuted')], gaps }, 60_000)).toEqual([
      { kind: 'held', fromMs: 10_000, toMs: 20_000 },
      { kind: 'server-lost', fromMs: 12_000, toMs: 14_000 },
      { kind: 'muted', fromMs: 30_000, toMs: 40_000 },
      { kind: 'no-packets', fromMs: 50_000, toMs: 52_000 },
      { kind: 'server-lost', fromMs: 55_000, toMs: 60_000 },
    ]);
  });

  it('tells what is damaged, wherever it is', () => {
    const events = [at(10_000, 'held'), at(20_000, 'resumed')];
    const damage = [{ fromMs: 12_000, toMs: 12_500 }];
    expect(partsOf(track, { events, gaps: [] }, 60_000, damage)).toEqual([
      { kind: 'held', fromMs: 10_000, toMs: 20_000 },
      { kind: 'damaged', fromMs: 12_000, toMs: 12_500 },
    ]);
  });

  it('a gap that goes on after the hold is told', () => {
    const events = [at(10_000, 'held'), at(20_000, 'resumed')];
    const parts = partsOf(track, { events, gaps: [gap(10_400, 25_000, 'no-packets')] }, 60_000);
    expect(parts.map(({ kind }) => kind)).toEqual(['held', 'no-packets']);
    expect(kindsOf([...parts, ...parts])).toEqual(['held', 'no-packets']);
  });
});
