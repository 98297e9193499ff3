import { describe, expect, it } from 'vitest';
import { MIN_TARGET_MS } from '../jitter/JitterBuffer.ts';
import { play, RATE, seeded, type Network, type SentPacket } from '../testing/networks.ts';
import { SOUNDS, type Sound } from '../testing/sounds.ts';
import { worstOutsideDb } from '../testing/tones.ts';

/*
 * Sound that never pauses, and mostly has no pitch period that could be left out, after trouble: the
 * buffer comes back to what the jitter asks for, and nobody hears how.
 */
const FRAME = 160;
const SECONDS = 40;
const WINDOW_MS = 10_000;
/** What comes in whole frames, and what is too little to be left out (`Playout`). */
const GRANULARITY_MS = 20 + 12;

/** Packets of 20 ms by a clock that runs this much fast. */
function packetsOf(sound: Sound, delayOf: Network, seconds = SECONDS, ppm = 0): SentPacket[] {
  const pcm = sound(seconds * RATE, RATE);
  return Array.from({ length: seconds * 50 }, (_, i) => ({
    seq: i,
    timestamp: i * FRAME,
    samples: FRAME,
    arrivesAt: i * 20 * (1 - ppm / 1e6) + delayOf(i * 20),
    pcm: pcm.slice(i * FRAME, (i + 1) * FRAME),
  }));
}

/** All of it is over after 12 s, and forgotten by who measures the jitter 10 s later. */
const OVER_MS = 12_000;
const TROUBLES: Readonly<Record<string, (random: () => number) => Network>> = {
  'jitter of 80 ms': (random) => (sentAt) => 10 + (sentAt < OVER_MS ? 80 : 3) * random(),
  'a burst of jitter': (random) => (sentAt) =>
    5 + (sentAt > OVER_MS - 2000 && sentAt < OVER_MS ? 95 * random() : 0),
  'a stall of half a second': (random) => (sentAt) =>
    5 * random() + (sentAt > OVER_MS - 500 && sentAt < OVER_MS ? OVER_MS - sentAt : 0),
};
const FORGOTTEN_MS = OVER_MS + WINDOW_MS + 200;
const FEW_SECONDS_MS = 3000;

/** p99 of the delay after the fastest, of what has arrived within the 10 s before `now`. */
function p99(packets: readonly SentPacket[], now: number): number {
  const delays = packets
    .filter(({ arrivesAt }) => arrivesAt <= now && arrivesAt > now - WINDOW_MS)
    .map(({ arrivesAt, seq }) => arrivesAt - seq * 20)
    .sort((a, b) => a - b);
  return delays[Math.ceil(delays.length * 0.99) - 1]! - delays[0]!;
}

/** The levels of all stretches of 20 ms, in dB, from the softest to the loudest. */
function levels(pcm: Int16Array): number[] {
  return Array.from({ length: Math.floor(pcm.length / FRAME) }, (_, i) => {
    const part = pcm.subarray(i * FRAME, (i + 1) * FRAME);
    return 10 * Math.log10(part.reduce((sum, x) => sum + x * x, 0) / FRAME + 1e-9);
  }).sort((a, b) => a - b);
}

describe.each(Object.entries(SOUNDS))('Playout of %s', (_, { sound, bands }) => {
  describe.each(Object.entries(TROUBLES))('after %s', (_, trouble) => {
    const packets = packetsOf(sound, trouble(seeded(9)));
    const ticks: { now: number; lagMs: number; starved: number }[] = [];
    const { playout, pcm } = play(packets, {
      // A frame has just been read: what was played was behind by 20 ms more.
      each: (now, at) => {
        ticks.push({ now, lagMs: at.lagMs(now) + 20, starved: at.jitter.stats.starved });
      },
    });

    it('is no deeper within seconds than 1.3 times the p99 and a frame, nor too shallow', () => {
      const before = ticks.filter(({ now }) => now > OVER_MS && now < FORGOTTEN_MS - 400);
      expect(Math.max(...before.map(({ lagMs }) => lagMs))).toBeGreaterThan(75);
      const after = ticks.filter(
        ({ now }) => now > FORGOTTEN_MS + FEW_SECONDS_MS && now < SECONDS * 1000,
      );
      for (const { now, lagMs } of after.filter((_, i) => i % 50 === 0)) {
        const asked = Math.max(MIN_TARGET_MS, 1.3 * p99(packets, now));
        expect(lagMs).toBeLessThanOrEqual(asked + GRANULARITY_MS);
      }
      expect(Math.max(...after.map(({ lagMs }) => lagMs))).toBeLessThanOrEqual(
        MIN_TARGET_MS + GRANULARITY_MS,
      );
      expect(after.at(-1)!.starved).toBe(after[0]!.starved);
      // Each stretch that was left out is one that the trouble had put in.
      expect(playout.stats.lengthenedMs).toBeLessThan(20);
    });

    const from = ((OVER_MS + 500) / 1000) * RATE;
    const heard = pcm.subarray(from, (SECONDS - 1) * RATE);
    const said = sound(SECONDS * RATE, RATE).subarray(from, (SECONDS - 1) * RATE);

    it('is as loud throughout as it was said', () => {
      const [played, sent] = [levels(heard), levels(said)];
      expect(played[0]).toBeGreaterThan(sent[0]! - 1);
      expect(played.at(-1)).toBeLessThan(sent.at(-1)! + 1);
    });

    // A click is not told from noise by its spectrum.
    if (!bands) return;
    it('does not click', () => {
      expect(worstOutsideDb(said, bands, RATE)).toBeLessThan(-33);
      expect(worstOutsideDb(heard, bands, RATE)).toBeLessThan(-33);
    });
  });
});

describe('Playout of white noise', () => {
  it.each([300, -300])('follows a clock that is %i ppm off', { timeout: 30_000 }, (ppm) => {
    const random = seeded(5);
    const seconds = 300;
    const { sound } = SOUNDS['white noise']!;
    const packets = packetsOf(sound, () => 20 + 10 * random(), seconds, ppm);
    const lags: number[] = [];
    let starved = 0;
    const { playout } = play(packets, {
      each: (now, at) => {
        if (now < 2000 || now > seconds * 990) return;
        lags.push(at.lagMs(now) + 20);
        ({ starved } = at.jitter.stats);
      },
    });
    const { late, lost, dropped } = playout.jitter.stats;
    expect([late, lost, dropped]).toEqual([0, 0, 0]);
    expect(Math.max(...lags)).toBeLessThan(MIN_TARGET_MS + GRANULARITY_MS + 3);
    expect(starved).toBeLessThan(3);
  });
});
