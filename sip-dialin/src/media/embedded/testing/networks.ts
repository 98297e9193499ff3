/** Networks for tests, the same at every run, and a stream that is played out of one. */

import { Playout } from '../mixer/Playout.ts';

/** Even numbers from 0 to 1; xorshift. */
export function seeded(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
}

/** The delay of what is sent at this time, in ms. */
export type Network = (sentAt: number) => number;

export const NETWORKS: Readonly<Record<string, (random: () => number) => Network>> = {
  none: () => () => 30,
  uniform: (random) => () => 20 + 50 * random(),
  'uniform, little': (random) => () => 20 + 10 * random(),
  gaussian: (random) => () => 20 + Math.abs(12 * gaussian(random)),
  /** Held up for 40 to 90 ms every half second or so, then all at once. */
  'wifi bursts': (random) => {
    let until = 0;
    return (sentAt) => {
      if (random() < 0.04) until = Math.max(until, sentAt + 40 + 50 * random());
      return 10 + 4 * random() + Math.max(0, until - sentAt);
    };
  },
  spikes: (random) => () => 15 + 5 * random() + (random() < 0.02 ? 70 * random() : 0),
  'a slower route': (random) => (sentAt) => (sentAt < 30_000 ? 20 : 90) + 8 * random(),
  'a faster route': (random) => (sentAt) => (sentAt < 30_000 ? 90 : 20) + 8 * random(),
  /** 500 ms, once. */
  stall: (random) => (sentAt) =>
    10 + 5 * random() + (sentAt >= 20_000 && sentAt < 20_500 ? 20_500 - sentAt : 0),
};

export interface SentPacket {
  seq: number;
  timestamp: number;
  samples: number;
  arrivesAt: number;
  pcm: Int16Array;
}

export const RATE = 8000;
const TICK_MS = 20;

export interface Played {
  playout: Playout<SentPacket>;
  /** All that came out, tick by tick. */
  pcm: Int16Array;
  /** From the arrival of each packet that was played to the beginning of its playing. */
  waits: number[];
  packets: SentPacket[];
}

/** Plays packets, in order of arrival, with a tick every 20 ms. `each` is called after each. */
export function play(
  packets: readonly SentPacket[],
  { phase = 7, endMs = 0, each = (_now: number, _playout: Playout<SentPacket>): void => {} } = {},
): Played {
  const waits: number[] = [];
  /** Decoded, and not yet begun: how far ahead of it the queue's head is, but for what was cut. */
  const pending: { arrivesAt: number; offset: number }[] = [];
  const played: SentPacket[] = [];
  let now = phase;
  const playout = new Playout<SentPacket>({
    clockRate: RATE,
    pcmRate: RATE,
    decoder: {
      decode: (packet) => {
        pending.push({ arrivesAt: packet.arrivesAt, offset: playout.queuedMs - changed() });
        played.push(packet);
        return packet.pcm;
      },
    },
  });
  const changed = (): number => {
    const { lengthenedMs, shortenedMs, leftOutMs } = playout.stats;
    return lengthenedMs - shortenedMs - leftOutMs;
  };
  const arrivals = packets.toSorted((a, b) => a.arrivesAt - b.arrivesAt);
  const end = Math.max(endMs, (arrivals.at(-1)?.arrivesAt ?? 0) + 300);
  const pcm = new Int16Array(Math.ceil((end - phase) / TICK_MS) * ((RATE * TICK_MS) / 1000));
  let next = 0;
  for (let at = 0; now < end; now += TICK_MS, at += 160) {
    for (; next < arrivals.length && arrivals[next]!.arrivesAt <= now; next++) {
      const packet = arrivals[next]!;
      const { seq, timestamp, samples, arrivesAt } = packet;
      playout.push(seq & 0xffff, timestamp >>> 0, samples, packet, arrivesAt);
    }
    playout.pull(pcm.subarray(at, at + 160), now);
    while (pending[0] && pending[0].offset + changed() < TICK_MS) {
      const { arrivesAt, offset } = pending.shift()!;
      waits.push(now + Math.max(0, offset + changed()) - arrivesAt);
    }
    for (const packet of pending) packet.offset -= TICK_MS;
    each(now, playout);
  }
  return { playout, pcm, waits, packets: played };
}

/**
 * A stream to which everything happens that may: packet times of 10 to 60 ms, pauses, losses,
 * duplicates, reordering, stalls and bursts, numbers and timestamps that begin anew.
 */
export function troubled(random: () => number, seconds: number): SentPacket[] {
  const packets: SentPacket[] = [];
  const oneOf = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  let seq = Math.floor(random() * 65_536);
  let timestamp = Math.floor(random() * 2 ** 32);
  let packetMs = 20;
  let stallUntil = 0;
  let base = 20;
  let jitterMs = 10;
  for (let sentAt = 0; sentAt < seconds * 1000;) {
    const samples = packetMs * 8;
    if (random() > 0.01) {
      const delay = base + jitterMs * random() + Math.max(0, stallUntil - sentAt);
      const arrivesAt = sentAt + packetMs + delay;
      const packet = {
        seq,
        timestamp,
        samples,
        arrivesAt,
        pcm: new Int16Array(samples).fill(1000),
      };
      packets.push(packet);
      if (random() < 0.005) packets.push({ ...packet, arrivesAt: arrivesAt + 80 * random() });
    }
    seq += 1;
    timestamp += samples;
    sentAt += packetMs;
    const chance = random();
    if (chance < 0.004) packetMs = oneOf([10, 20, 30, 40, 60]);
    else if (chance < 0.008) stallUntil = sentAt + oneOf([60, 150, 400, 900, 2500]) * random();
    else if (chance < 0.012) jitterMs = oneOf([0, 10, 40, 100, 200]);
    else if (chance < 0.014) base = oneOf([5, 50, 150, 400]);
    else if (chance < 0.016) seq = Math.floor(random() * 65_536);
    else if (chance < 0.018) timestamp = Math.floor(random() * 2 ** 32);
    else if (chance < 0.02) timestamp += Math.floor(8000 * (random() - 0.5));
    else if (chance < 0.022) seq += Math.floor(300 * (random() - 0.5));
    else if (chance < 0.03) {
      // A pause: time goes on, numbers do not.
      const pause = 20 * Math.floor(100 * random());
      timestamp += pause * 8;
      sentAt += pause;
    }
  }
  return packets;
}
