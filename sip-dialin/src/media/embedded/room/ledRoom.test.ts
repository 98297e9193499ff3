import { describe, expect, it } from 'vitest';
import { PCMU } from '../codecs/g711.ts';
import { amplitudeAt } from '../testing/tones.ts';
import { SimulatedRoom, type Habits, type SimulatedPhone } from '../testing/SimulatedRoom.ts';

const A = 440;
const B = 1130;
/** -24 dBov: as loud as a voice should be, so that nothing is levelled. */
const AMPLITUDE = 3000;

/** A tone that is there from and to these ms, with soft ends. */
const tone =
  (hz: number, ...spurts: [from: number, to: number][]) =>
  (i: number): Int16Array => {
    const now = spurts.filter(([from, to]) => from < (i + 1) * 20 && to > i * 20);
    if (now.length === 0) return new Int16Array(160);
    return Int16Array.from({ length: 160 }, (_, k) => {
      const n = i * 160 + k;
      const loud = now.map(([from, to]) => Math.min(n / 8 - from, to - n / 8) / 80);
      const envelope = Math.max(0, Math.min(1, Math.max(...loud)));
      return AMPLITUDE * envelope * Math.sin((2 * Math.PI * hz * n) / 8000);
    });
  };
const always: [number, number] = [-1e9, 1e9];

/** The largest sample that is none of these tones: a click where it is large. */
function worstClick(pcm: Int16Array, ...tones: number[]): number {
  let rest = Float64Array.from(pcm);
  for (const hz of tones) {
    const c = 2 * Math.cos((2 * Math.PI * hz) / 8000);
    rest = rest.map((x, n) => (n < 2 ? 0 : x - c * rest[n - 1]! + rest[n - 2]!));
  }
  return rest.slice(2 * tones.length).reduce((worst, x) => Math.max(worst, Math.abs(x)), 0);
}
/** What G.711 alone makes of these tones, and some: more would be a click. */
function noClick(...tones: number[]): number {
  const sum = new Int16Array(8000);
  for (const hz of tones) {
    const own = new Int16Array(8000);
    for (let i = 0; i < 50; i++) own.set(tone(hz, always)(i), i * 160);
    inG711(own).forEach((x, i) => (sum[i]! += x));
  }
  return 1.3 * worstClick(inG711(sum), ...tones);
}

function inG711(pcm: Int16Array): Int16Array {
  const codes = new Uint8Array(pcm.length);
  const out = new Int16Array(pcm.length);
  PCMU.encode(pcm, codes);
  PCMU.decode(codes, out);
  return out;
}

/** Gives the amplitude of a tone in 20 ms. */
function meter(hz: number): (window: Int16Array) => number {
  const wave = (shift: number): Float64Array =>
    Float64Array.from({ length: 160 }, (_, i) => {
      const hann = 1 - Math.cos((2 * Math.PI * i) / 160);
      return hann * Math.cos((2 * Math.PI * hz * i) / 8000 + shift);
    });
  const [re, im] = [wave(0), wave(Math.PI / 2)];
  const product = (window: Int16Array, other: Float64Array): number => {
    let sum = 0;
    for (let i = 0; i < window.length; i++) sum += window[i]! * other[i]!;
    return sum;
  };
  return (window) => (2 * Math.hypot(product(window, re), product(window, im))) / 160;
}

/** From the arrival of each packet to the sending of its frame, ms; only what was passed on as it came. */
function delays(from: SimulatedPhone, to: SimulatedPhone, sinceMs = 0): number[] {
  const sentAt = new Map(from.sent.map(({ at, codes }) => [codes, at]));
  return to.heard.flatMap(({ at, codes }) => {
    const sent = codes && sentAt.get(codes);
    return sent === undefined || sent < sinceMs ? [] : [at - sent];
  });
}

/** How much more, or less, a phone was ever sent than time went by, ms. */
function unsteadiness({ heard }: SimulatedPhone): { most: number; least: number } {
  const ahead = heard.map(({ at }, k) => k * 20 - at);
  return { most: Math.max(...ahead), least: Math.min(...ahead) };
}

const random = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};
const silent: Habits = { phase: 3 };

describe('a room with a leader', () => {
  it.each([0, 4.2, 9, 13.7, 19.9])(
    'passes a lone talker on at once and bit by bit, phase %f',
    async (phase) => {
      const room = await SimulatedRoom.of({ says: tone(A, [500, 1e9]), phase }, silent, {
        phase: 11,
      });
      room.run(3000);
      const [talker, ...listeners] = room.phones;
      for (const listener of listeners) {
        const found = delays(talker!, listener, 520 + phase);
        expect(found.length).toBeGreaterThan(120);
        expect(Math.max(...found)).toBe(0);
        const passed = talker!.sent.filter(({ at }) => at > 600).map(({ codes }) => codes);
        const heard = listener.heard.filter(({ at }) => at > 600).map(({ codes }) => codes);
        expect(heard).toEqual(passed);
      }
      expect(room.mixer.stats.passedOn).toBeGreaterThan(240);
    },
  );

  it('leads also who has been talking from the first packet on', async () => {
    const room = await SimulatedRoom.of({ says: tone(A, always), phase: 7 }, silent);
    room.run(1000);
    expect(delays(room.phones[0]!, room.phones[1]!)).toHaveLength(50);
  });

  it('does not click when another begins and ends beside the leader, who stays undelayed', async () => {
    const room = await SimulatedRoom.of(
      { says: tone(A, [200, 1e9]), phase: 5 },
      { says: tone(B, [1000, 2000]), phase: 12 },
      silent,
    );
    room.run(1500);
    const [a, b, c] = room.phones as [SimulatedPhone, SimulatedPhone, SimulatedPhone];
    expect(room.pulse.leader).toBe(a.voice);
    room.run(4000);
    expect(worstClick(c.pcm(400), A, B)).toBeLessThan(noClick(A, B));
    expect(amplitudeAt(c.pcm(1300).subarray(0, 4000), B, 8000)).toBeGreaterThan(0.95 * AMPLITUDE);
    expect(amplitudeAt(c.pcm(1300).subarray(0, 4000), A, 8000)).toBeGreaterThan(0.95 * AMPLITUDE);
    expect(amplitudeAt(a.pcm(1300).subarray(0, 4000), A, 8000)).toBeLessThan(0.01 * AMPLITUDE);
    expect(amplitudeAt(b.pcm(1300).subarray(0, 4000), B, 8000)).toBeLessThan(0.01 * AMPLITUDE);
    expect(room.pulse.stats).toMatchObject({ leaders: 1, lost: 0, missed: 0 });
    expect(delays(a, c, 2500).every((delay) => delay === 0)).toBe(true);
  });

  it('gives the lead from one to the other at once, without a click', async () => {
    const room = await SimulatedRoom.of(
      { says: tone(A, [200, 1000], [2000, 3000]), phase: 5 },
      { says: tone(B, [1100, 1900], [3100, 4000]), phase: 14 },
      silent,
    );
    room.run(4500);
    const [a, b, c] = room.phones as [SimulatedPhone, SimulatedPhone, SimulatedPhone];
    expect(room.pulse.stats.leaders).toBe(4);
    expect(Math.max(...delays(a, c), ...delays(b, c))).toBe(0);
    expect(delays(a, c).length + delays(b, c).length).toBeGreaterThan(140);
    expect(worstClick(c.pcm(), A, B)).toBeLessThan(noClick(A, B));
  });

  it('lets who goes on alone lead after a while, without a pause and without a click', async () => {
    const room = await SimulatedRoom.of(
      { says: tone(A, [200, 1500]), phase: 5 },
      { says: tone(B, [1000, 1e9]), phase: 14 },
      silent,
    );
    room.run(6000);
    const [, b, c] = room.phones as [SimulatedPhone, SimulatedPhone, SimulatedPhone];
    expect(room.pulse.leader).toBe(b.voice);
    expect(worstClick(c.pcm(400), A, B)).toBeLessThan(noClick(A, B));
  });

  it('follows the jitter of its leader, and waits rather than makes up', async () => {
    const next = random(1);
    const lateMs = (): number => next() * 9;
    const room = await SimulatedRoom.of({ says: tone(A, [500, 1e9]), lateMs }, silent);
    room.run(20_000);
    const [talker, listener] = room.phones as [SimulatedPhone, SimulatedPhone];
    expect(room.pulse.stats.missed).toBeLessThan(5);
    expect(Math.max(...delays(talker, listener, 600))).toBe(0);
    expect(worstClick(listener.pcm(600), A)).toBeLessThan(noClick(A));
  });

  it('makes up for one lost packet, and goes on leading', async () => {
    const lateMs = (i: number): number | undefined => (i % 40 === 39 ? undefined : 0);
    const room = await SimulatedRoom.of({ says: tone(A, [500, 1e9]), lateMs }, silent);
    room.run(5000);
    const [talker, listener] = room.phones as [SimulatedPhone, SimulatedPhone];
    expect(room.pulse.leader).toBe(talker.voice);
    expect(room.pulse.stats).toMatchObject({ leaders: 1, lost: 0 });
    expect(room.pulse.stats.missed).toBeGreaterThan(3);
    expect(Math.max(...delays(talker, listener, 600))).toBe(0);
    // What is made up is a little softer at its end.
    expect(worstClick(listener.pcm(600), A)).toBeLessThan(2 * noClick(A));
    expect(unsteadiness(listener).most - unsteadiness(listener).least).toBeLessThan(30);
  });

  it('drops what comes too late, and never sends two frames for one', async () => {
    const lateMs = (i: number): number => (i === 60 ? 35 : 0);
    const room = await SimulatedRoom.of({ says: tone(A, [500, 1e9]), lateMs }, silent);
    room.run(3000);
    const { heard } = room.phones[1]!;
    const gaps = heard.slice(1).map(({ at }, k) => at - heard[k]!.at);
    expect(Math.max(...gaps.slice(40))).toBeLessThan(30);
    expect(Math.min(...gaps.slice(40))).toBeGreaterThan(10);
  });

  it.each([40, 90])('goes on when the path of the leader gets %i ms longer', async (more) => {
    const lateMs = (i: number): number => (i < 60 ? 0 : more);
    const room = await SimulatedRoom.of({ says: tone(A, [500, 1e9]), lateMs }, silent);
    room.run(12_000);
    const listener = room.phones[1]!;
    expect(amplitudeAt(listener.pcm(3000), A, 8000)).toBeGreaterThan(0.9 * AMPLITUDE);
    expect(worstClick(listener.pcm(3000), A)).toBeLessThan(2 * noClick(A));
    expect(unsteadiness(listener).least).toBeGreaterThan(-60);
  });

  it('is silent when the leader is cut off, and ticks on', async () => {
    const lateMs = (i: number): number | undefined => (i < 60 || i > 200 ? 0 : undefined);
    const room = await SimulatedRoom.of({ says: tone(A, [500, 1e9]), lateMs }, silent);
    room.run(3000);
    const listener = room.phones[1]!;
    expect(room.pulse.leader).toBeUndefined();
    expect(amplitudeAt(listener.pcm(2000), A, 8000)).toBeLessThan(1);
    expect(unsteadiness(listener).most).toBeLessThan(60);
    room.run(6000);
    expect(room.pulse.leader).toBe(room.phones[0]!.voice);
  });

  it('is silent at once when the leader is muted in a word', async () => {
    const room = await SimulatedRoom.of({ says: tone(A, [200, 1e9]), phase: 6 }, silent);
    room.run(1000);
    room.phones[0]!.muted = true;
    room.run(2000);
    const listener = room.phones[1]!;
    expect(listener.pcm(1050).every((sample) => sample === 0)).toBe(true);
    expect(listener.heard.length).toBeGreaterThan(95);
    room.phones[0]!.muted = false;
    room.run(3000);
    const again = delays(room.phones[0]!, listener, 2040);
    expect(again.length).toBeGreaterThan(40);
    expect(Math.max(...again)).toBe(0);
  });

  it('buffers who comes too unevenly to lead', async () => {
    const next = random(2);
    const lateMs = (): number => next() * 50;
    const room = await SimulatedRoom.of({ says: tone(A, [2000, 1e9]), lateMs }, silent);
    room.run(12_000);
    const listener = room.phones[1]!;
    expect(room.pulse.leader).toBeUndefined();
    expect(amplitudeAt(listener.pcm(4000), A, 8000)).toBeGreaterThan(0.85 * AMPLITUDE);
    const gaps = listener.heard.slice(150).map(({ at }, k) => at - listener.heard[149 + k]!.at);
    expect(Math.max(...gaps)).toBeLessThan(21);
  });

  it('is not driven faster by a phone that sends twice as much', async () => {
    const room = await SimulatedRoom.of({ says: tone(A, always), packetMs: 10 }, silent);
    room.run(10_000);
    expect(unsteadiness(room.phones[1]!).most).toBeLessThanOrEqual(100);
    expect(room.phones[1]!.heard.length).toBeLessThan(510);
  });

  it('keeps to real time over a hundred changes', async () => {
    const next = random(3);
    const spurts: [number, number][][] = [[], [], []];
    for (let at = 300; at < 88_000;) {
      const to = at + 200 + next() * 900;
      spurts[Math.floor(next() * 3)]!.push([at, to]);
      at = to - 150 + next() * 700;
    }
    const room = await SimulatedRoom.of(
      ...spurts.map((own, k) => ({
        says: tone([A, B, 700][k]!, ...own, [1e9, 2e9]),
        phase: next() * 20,
        lateMs: () => next() * 4,
      })),
      silent,
    );
    room.run(90_000);
    const listener = room.phones[3]!;
    expect(room.pulse.stats.leaders).toBeGreaterThan(60);
    const { most, least } = unsteadiness(listener);
    expect(most).toBeLessThan(65);
    expect(least).toBeGreaterThan(-40);
    const gaps = listener.heard.slice(1).map(({ at }, k) => at - listener.heard[k]!.at);
    expect(Math.max(...gaps)).toBeLessThan(85);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0);
    // Only a leader's first frame may come right after one of silence.
    expect(gaps.filter((gap) => gap < 5).length).toBeLessThan(room.pulse.stats.leaders);
  });
});

/** From the third second on that one over and over: all tones here go round in it. */
function repeated(says: (i: number) => Int16Array): (i: number) => Int16Array {
  const second = Array.from({ length: 50 }, (_, i) => says(100 + i));
  return (i) => (i < 100 ? says(i) : second[i % 50]!);
}

describe('clocks that drift in a room with a leader', () => {
  it.each([
    [200, -200],
    [-200, 200],
  ])(
    'are followed for half an hour: leader %i ppm, the other %i ppm',
    { timeout: 60_000 },
    async (ppm, otherPpm) => {
      const room = await SimulatedRoom.of(
        { says: repeated(tone(A, [200, 1e9])), ppm },
        { says: repeated(tone(B, [1000, 1e9])), phase: 9, ppm: otherPpm },
        silent,
      );
      const listener = room.phones[2]!;
      const loudness = [A, B].map(meter);
      for (let minute = 1; minute <= 30; minute++) {
        room.run(minute * 60_000);
        const pcm = listener.pcm(minute === 1 ? 1500 : 0);
        listener.heard.length = 0;
        for (const phone of room.phones) phone.sent.length = 0;
        // Windows of 20 ms: in one with a gap of 5 ms a tone is a quarter softer.
        for (let at = 0; at + 160 <= pcm.length; at += 160) {
          const window = pcm.subarray(at, at + 160);
          expect(Math.min(loudness[0]!(window), loudness[1]!(window))).toBeGreaterThan(
            0.75 * AMPLITUDE,
          );
        }
      }
      expect(room.pulse.leader).toBe(room.phones[0]!.voice);
    },
  );
});
