import { describe, expect, it } from 'vitest';
import { JitterBuffer, MAX_LAG_MS, MAX_TARGET_MS, MIN_TARGET_MS } from './JitterBuffer.ts';

const TICK = 20;
const SAMPLES = 160;

/** Plays a scenario: packet `i` (20 ms each) arrives at `arrivals[i]`; what each tick gave. */
function run(
  arrivals: (number | undefined)[],
  { ticks = arrivals.length + 10, phase = 5, firstSeq = 0, firstTimestamp = 0 } = {},
): { heard: string[]; buffer: JitterBuffer<number>; lags: number[] } {
  const buffer = new JitterBuffer<number>(8000, TICK);
  const events = arrivals
    .map((at, i) => ({ at, i }))
    .filter((event): event is { at: number; i: number } => event.at !== undefined)
    .sort((a, b) => a.at - b.at);
  const heard: string[] = [];
  const lags: number[] = [];
  for (let tick = 0; tick < ticks; tick++) {
    const now = tick * TICK + phase;
    while (events[0] && events[0].at <= now) {
      const { at, i } = events.shift()!;
      buffer.push((firstSeq + i) & 0xffff, (firstTimestamp + i * SAMPLES) >>> 0, SAMPLES, i, at);
    }
    const pulled = buffer.pull(now);
    if (pulled.kind === 'packet') {
      heard.push(String(pulled.payload));
      lags.push(now - pulled.payload * TICK);
    } else {
      heard.push(pulled.kind === 'lost' ? `lost(${pulled.next ?? ''})` : pulled.kind);
    }
  }
  return { heard, buffer, lags };
}

const steady = (count: number): (number | undefined)[] =>
  Array.from({ length: count }, (_, i) => i * TICK);
const played = (heard: string[]): string[] => heard.filter((what) => /^\d+$/.test(what));
const upTo = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));

describe('JitterBuffer', () => {
  it('is buffered initially, then plays everything in order', () => {
    const { heard, lags } = run(steady(50));
    expect(heard.slice(0, 2)).toEqual(['silence', 'silence']);
    expect(played(heard)).toEqual(upTo(50));
    expect(Math.max(...lags)).toBeLessThanOrEqual(60);
  });

  it('comes down to the least delay on a steady network, without losing a packet of speech', () => {
    const buffer = new JitterBuffer<number>(8000, TICK);
    for (let i = 0; i < 500; i++) {
      buffer.push(i, i * SAMPLES, SAMPLES, i, i * TICK);
      buffer.pull(i * TICK + 5);
    }
    expect(buffer.targetMs).toBe(MIN_TARGET_MS);
    expect(buffer.stats).toMatchObject({ lost: 0, late: 0, dropped: 0 });
  });

  it('puts reordered packets in order and ignores duplicates', () => {
    const arrivals = steady(30);
    arrivals[10] = 10 * TICK + 22; // After number 11.
    expect(played(run(arrivals).heard)).toEqual(upTo(30));

    const buffer = new JitterBuffer<number>(8000, TICK);
    buffer.push(1, 160, SAMPLES, 1, 0);
    buffer.push(1, 160, SAMPLES, 1, 1);
    expect(buffer.length).toBe(1);
    expect(buffer.stats.duplicate).toBe(1);
  });

  it('tells a lost packet once, with the next one for FEC', () => {
    const arrivals = steady(30);
    arrivals[12] = undefined;
    const { heard, buffer } = run(arrivals);
    expect(heard.filter((what) => what.startsWith('lost'))).toEqual(['lost(13)']);
    expect(played(heard)).toEqual(upTo(30).filter((number) => number !== '12'));
    expect(buffer.stats.lost).toBe(1);
  });

  it('tells two lost packets apart from the one that FEC can mend', () => {
    const arrivals = steady(60);
    for (let i = 0; i < 30; i++) arrivals[i]! += (i % 2) * 30; // Jitter, so that it is deep enough.
    arrivals[20] = arrivals[21] = undefined;
    const lost = run(arrivals).heard.filter((what) => what.startsWith('lost'));
    expect(lost.at(-1)).toBe('lost(22)');
  });

  it('grows with jitter, within its bound, and shrinks where the caller lets it', () => {
    const arrivals = Array.from({ length: 400 }, (_, i) => i * TICK + (i % 5) * 15);
    const { buffer, heard } = run(arrivals);
    expect(buffer.targetMs).toBeGreaterThanOrEqual(60);
    expect(buffer.targetMs).toBeLessThanOrEqual(MAX_TARGET_MS);
    expect(played(heard.slice(50)).length).toBeGreaterThan(340);
    expect(buffer.stats.late).toBeLessThan(5);
  });

  it('conceals while packets are late, then plays them all', () => {
    const arrivals = steady(60);
    for (let i = 20; i < 24; i++) arrivals[i] = 24 * TICK; // A stall of 80 ms.
    const { heard } = run(arrivals);
    expect(heard.filter((what) => what === 'starved').length).toBeGreaterThan(0);
    expect(played(heard)).toEqual(upTo(60));
  });

  it('tells how far it lags after a stall, and how much it holds', () => {
    const buffer = new JitterBuffer<number>(8000, TICK);
    for (let i = 0; i < 110; i++) {
      if (i < 100 || i > 103) buffer.push(i, i * SAMPLES, SAMPLES, i, i * TICK);
      if (i === 99) expect(buffer.lagMs(i * TICK + 5)).toBeLessThan(46);
      if (i === 103)
        for (let j = 100; j <= 103; j++) buffer.push(j, j * SAMPLES, SAMPLES, j, i * TICK);
      buffer.pull(i * TICK + 5);
    }
    expect(buffer.lagMs(110 * TICK + 5)).toBeGreaterThan(60);
    expect(buffer.heldMs).toBeGreaterThan(40);
  });

  it('never holds more than the bound, whatever happened', () => {
    const arrivals = steady(100);
    for (let i = 20; i < 40; i++) arrivals[i] = 40 * TICK; // 400 ms come at once.
    const { buffer, lags } = run(arrivals);
    expect(buffer.stats.dropped).toBeGreaterThan(0);
    expect(Math.max(...lags)).toBeLessThanOrEqual(MAX_LAG_MS + TICK);
  });

  it('plays a DTX pause as silence, not as loss', () => {
    const buffer = new JitterBuffer<string>(48_000, TICK);
    buffer.push(1, 0, 960, 'a', 0);
    buffer.push(2, 960, 960, 'b', 20);
    buffer.push(3, 960 * 4, 960, 'c', 80); // 40 ms were not sent.
    const kinds: string[] = [];
    for (let tick = 1; tick < 12; tick++) {
      const pulled = buffer.pull(tick * TICK);
      kinds.push(pulled.kind === 'packet' ? pulled.payload : pulled.kind);
    }
    const from = kinds.indexOf('a');
    expect(kinds.slice(from, from + 5)).toEqual(['a', 'b', 'silence', 'silence', 'c']);
    expect(buffer.stats.lost).toBe(0);
  });

  it('conceals for a while only, then is silent, and is buffered again after starving', () => {
    const { heard } = run([
      ...steady(20),
      ...Array<undefined>(30).fill(undefined),
      50 * TICK,
      51 * TICK,
    ]);
    const end = heard.indexOf('19') + 1;
    expect(heard.slice(end, end + 6)).toEqual([...Array<string>(5).fill('starved'), 'silence']);
    expect(played(heard).slice(-2)).toEqual(['50', '51']);
  });

  it('rest() ends a stream without concealment', () => {
    const buffer = new JitterBuffer<string>(48_000, TICK);
    buffer.push(1, 0, 960, 'a', 0);
    expect(buffer.pull(50).kind).toBe('packet');
    buffer.pause();
    expect(buffer.pull(70).kind).toBe('silence');
  });

  it('passOver() makes numbers without audio a pause, not a loss', () => {
    const buffer = new JitterBuffer<string>(8000, TICK);
    const kinds: string[] = [];
    for (let tick = 0; tick < 16; tick++) {
      const now = tick * TICK;
      if (tick < 3 || tick > 9) buffer.push(tick, tick * SAMPLES, SAMPLES, String(tick), now);
      else buffer.passOver(tick);
      const pulled = buffer.pull(now + 5);
      kinds.push(pulled.kind === 'packet' ? pulled.payload : pulled.kind);
    }
    expect(new Set(kinds)).toEqual(new Set(['silence', '0', '1', '2', '10', '11', '12', '13']));
    expect(buffer.stats).toMatchObject({ lost: 0, starved: 0 });
  });

  it('works across the wraps of sequence number and timestamp', () => {
    const { heard } = run(steady(50), { firstSeq: 65520, firstTimestamp: 0xffffff00 });
    expect(played(heard)).toEqual(upTo(50));
  });

  it('starts anew when the timestamps jump', () => {
    const buffer = new JitterBuffer<string>(8000, TICK);
    buffer.push(1, 0, SAMPLES, 'a', 0);
    buffer.push(2, 500_000_000, SAMPLES, 'b', 20);
    expect(buffer.stats.resets).toBe(1);
    expect(buffer.pull(20 + 60)).toMatchObject({ kind: 'packet', payload: 'b', cut: false });
  });

  it('starts anew when the numbers go back and time does not', () => {
    const buffer = new JitterBuffer<number>(8000, TICK);
    const heard: number[] = [];
    for (let i = 0; i < 60; i++) {
      const seq = i < 30 ? 1000 + i : 940 + i;
      buffer.push(seq, i * SAMPLES, SAMPLES, i, i * TICK);
      const pulled = buffer.pull(i * TICK + 5);
      if (pulled.kind === 'packet') heard.push(pulled.payload);
    }
    expect(buffer.stats).toMatchObject({ resets: 1, late: 0 });
    expect(heard.length).toBeGreaterThan(54);
  });
});
