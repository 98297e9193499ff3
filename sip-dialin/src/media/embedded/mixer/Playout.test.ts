import { describe, expect, it } from 'vitest';
import { MAX_LAG_MS, MIN_TARGET_MS } from '../jitter/JitterBuffer.ts';
import { NETWORKS, play, RATE, seeded, troubled, type SentPacket } from '../testing/networks.ts';
import { toneFrame, worstResidueDb } from '../testing/tones.ts';

const FRAME = 160;
/** The window in which the jitter is measured. */
const WINDOW_MS = 10_000;
const SECONDS = 60;
const HZ = 310;

/** A tone in packets of 20 ms, sent by a clock that runs this much fast, as it arrives. */
function stream(
  seconds: number,
  delayOf: (sentAt: number) => number,
  { hz = HZ, ppm = 0 } = {},
): SentPacket[] {
  return Array.from({ length: seconds * 50 }, (_, i) => ({
    seq: i,
    timestamp: i * FRAME,
    samples: FRAME,
    arrivesAt: i * 20 * (1 - ppm / 1e6) + delayOf(i * 20),
    pcm: toneFrame(hz, RATE, i * FRAME, FRAME),
  }));
}

/** p99 of the delay after the fastest, of what has arrived in the window. */
function measuredP99(packets: readonly SentPacket[], now: number): number {
  const delays = packets
    .filter(({ arrivesAt }) => arrivesAt <= now && arrivesAt > now - WINDOW_MS)
    .map(({ arrivesAt, seq }) => arrivesAt - seq * 20)
    .sort((a, b) => a - b);
  return delays[Math.max(0, Math.ceil(delays.length * 0.99) - 1)]! - delays[0]!;
}

/** The part of what was played that is neither its beginning nor its end. */
const middle = (pcm: Int16Array): Int16Array => pcm.subarray(RATE, pcm.length - RATE);

describe.each(Object.keys(NETWORKS))('Playout on a network with this jitter: %s', (name) => {
  const packets = stream(SECONDS, NETWORKS[name]!(seeded(3)));
  const ticks: { now: number; targetMs: number; lagMs: number }[] = [];
  const { playout, waits } = play(packets, {
    // A frame has just been read: what was played was behind by 20 ms more.
    each: (now, at) => {
      ticks.push({ now, targetMs: at.jitter.targetMs, lagMs: at.lagMs(now) + 20 });
    },
  });

  it('aims at no more than 1.3 times the p99 of the jitter, or one frame', () => {
    for (const { now, targetMs } of ticks.filter((_, i) => i % 25 === 0)) {
      if (now < 1000 || now > SECONDS * 1000) continue; // Half a second is measured first.
      // The window moves when a packet comes.
      const p99 = Math.max(measuredP99(packets, now), measuredP99(packets, now - 30));
      const bound = Math.max(MIN_TARGET_MS, 1.3 * p99);
      expect(targetMs).toBeLessThanOrEqual(bound);
    }
  });

  it('is as deep as it aims at, to a frame and a pitch period', () => {
    const calm = ticks.filter(({ now }) => now > 2000 && (now < 20_000 || now > 45_000));
    const over = calm.filter(({ targetMs, lagMs }) => lagMs > targetMs + 20 + 15);
    expect(over.length / calm.length).toBeLessThan(0.05);
  });

  it('loses hardly anything, and makes up for little', () => {
    const { late, lost, dropped, starved } = playout.jitter.stats;
    expect((late + lost + dropped) / packets.length).toBeLessThan(0.02);
    expect(starved / packets.length).toBeLessThan(0.015);
  });

  it('plays nothing more than 120 ms after it has come', () => {
    expect(waits.length).toBeGreaterThan(packets.length * 0.97);
    expect(Math.max(...waits)).toBeLessThanOrEqual(MAX_LAG_MS);
  });
});

describe('Playout', () => {
  it(
    'never lags more than 120 ms, whatever happens: an hour of all kinds of trouble',
    { timeout: 60_000 },
    () => {
      let played = 0;
      for (let seed = 1; seed <= 60; seed++) {
        const random = seeded(seed);
        const packets = troubled(random, 60);
        const { waits } = play(packets, { phase: 20 * random() });
        expect(Math.max(...waits), `seed ${seed}`).toBeLessThanOrEqual(MAX_LAG_MS);
        expect(waits.length / packets.length, `seed ${seed}`).toBeGreaterThan(0.3);
        played += waits.length;
      }
      expect(played).toBeGreaterThan(75_000);
    },
  );

  it.each([
    [HZ, 300],
    [1004, -300],
  ])(
    'follows a tone of %i Hz by a clock %i ppm off, half an hour without a click',
    { timeout: 60_000 },
    (hz, ppm) => {
      const random = seeded(5);
      const packets = stream(1800, () => 20 + 10 * random(), { hz, ppm });
      const { playout, waits, pcm } = play(packets);
      const { late, lost, dropped } = playout.jitter.stats;
      expect([late, lost, dropped]).toEqual([0, 0, 0]);
      const changedMs = playout.stats.shortenedMs - playout.stats.lengthenedMs;
      expect(Math.abs(changedMs - 1800 * (ppm / 1000))).toBeLessThan(40);
      expect(Math.max(...waits)).toBeLessThan(75);
      // A gap or a click would fill the spectrum.
      const seen = Math.floor(packets.at(-1)!.arrivesAt / 20) * FRAME;
      expect(worstResidueDb(middle(pcm.subarray(0, seen)), hz, RATE)).toBeLessThan(-40);
    },
  );

  it('comes down from a deep buffer while somebody talks on, without a click', () => {
    const random = seeded(9);
    // 80 ms of jitter for 20 s, then none.
    const packets = stream(60, (sentAt) => 10 + (sentAt < 20_000 ? 80 * random() : 0));
    const lags: number[] = [];
    const { playout, pcm } = play(packets, { each: (now, p) => lags.push(p.lagMs(now)) });
    expect(lags[900]! + 20).toBeGreaterThan(70);
    // One frame is aimed at, and packets come anywhere in a tick.
    expect(lags[31 * 50 + 100]! + 20).toBeLessThan(20 + 20 + 12);
    expect(playout.stats.shortenedMs).toBeGreaterThan(40);
    expect(playout.jitter.stats.dropped).toBe(0);
    const after = pcm.subarray(21 * RATE, 59 * RATE);
    expect(worstResidueDb(after, HZ, RATE)).toBeLessThan(-40);
  });

  it('has forgotten a stall of half a second ten seconds later', () => {
    const packets = stream(40, NETWORKS['stall']!(seeded(3)));
    const lags: number[] = [];
    const { playout } = play(packets, { each: (now, p) => lags.push(p.lagMs(now) + 20) });
    expect(Math.max(...lags.slice(1050, 1400))).toBeGreaterThan(60);
    expect(lags[34 * 50]).toBeLessThan(55);
    expect(playout.jitter.targetMs).toBe(MIN_TARGET_MS);
  });

  it('plays what came in a burst faster instead of leaving packets out', () => {
    for (const stallMs of [60, 90, 110]) {
      const packets = stream(20, (sentAt) =>
        sentAt >= 10_000 && sentAt < 10_000 + stallMs ? 10_000 + stallMs - sentAt + 20 : 20,
      );
      const { playout, waits, packets: played } = play(packets);
      expect(playout.jitter.stats.dropped).toBe(0);
      expect(played).toHaveLength(packets.length);
      expect(Math.max(...waits)).toBeLessThanOrEqual(MAX_LAG_MS);
    }
  });

  it('leaves what is on time as it is, to the bit', () => {
    const packets = stream(20, () => 20);
    const { pcm } = play(packets);
    const sent = Int16Array.from(packets.flatMap((packet) => [...packet.pcm]));
    // The tone comes round every 100 ms.
    const settled = pcm.subarray(2 * RATE, 19 * RATE);
    const shift = Array.from({ length: RATE / 10 }, (_, i) => i).find(
      (i) => sent[2 * RATE + i] === settled[0] && sent[2 * RATE + i + 1] === settled[1],
    )!;
    expect(settled).toEqual(sent.subarray(2 * RATE + shift, 19 * RATE + shift));
  });
});
