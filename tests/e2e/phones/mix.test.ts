import { afterAll, describe, expect } from 'vitest';
import { decodeMulaw } from '../../support/audio/g711.ts';
import { levelAt } from '../../support/audio/goertzel.ts';
import { duration, slice, type Sound } from '../../support/audio/Sound.ts';
import { spokenTone, watchedTone } from '../../support/audio/spokenTone.ts';
import { longestDip } from '../../support/audio/longestDip.ts';
import { silence, tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import type { Datagram } from '../../support/net/pcap.ts';
import { parseRtp, PCMU } from '../../support/net/rtp.ts';
import { hears, membersOf, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { mulawStream, type TimedPacket } from '../../support/phones/rtpStream.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

/** A machine that stands still for a moment, since others use it too, is no fault of the mixer. */
const AGAIN = { retry: 2 };
/** How near each other they come that were 27 dB apart: about 3 dB, and what the measuring of bursts adds. */
const NEAR_DB = 4;

let switchroom: Switchroom;
const phones: SippPhone[] = [];

it.beforeAll(({ switchroom: shared }) => {
  switchroom = shared;
});

afterAll(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

async function listen(): Promise<{ line: MeetingLine; listener: SippPhone }> {
  const line = await openLine(switchroom);
  const listener = await SippPhone.dial({ uri: line.uri, sound: silence(90) });
  phones.push(listener);
  await membersOf(switchroom, line, 1);
  return { line, listener };
}

async function talk({ uri }: MeetingLine, packets: readonly TimedPacket[]): Promise<SippPhone> {
  const phone = await SippPhone.dial({ uri, packets });
  phones.push(phone);
  return phone;
}

/** Waits until what was said has come out, to its end. */
async function wholeTone(listener: SippPhone): Promise<void> {
  await eventually(() => spokenTone(listener.heard()), { what: 'the tone' });
  await eventually(() => spokenTone(listener.heard(0.6)) === undefined, { what: 'its end' });
}

/** When the last packet with sound in it went by, s. */
function lastSound(datagrams: readonly Datagram[]): number {
  const loud = datagrams.findLast(({ payload }) => {
    const packet = parseRtp(payload);
    if (packet?.payloadType !== PCMU) return false;
    return decodeMulaw(packet.payload).some((sample) => Math.abs(sample) > 1500);
  });
  return loud?.time ?? NaN;
}

/** By how much the longest time between two packets was longer than 20 ms, ms. */
function longestPause(datagrams: readonly Datagram[]): number {
  const pauses = datagrams.slice(1).map(({ time }, i) => (time - datagrams[i]!.time) * 1000);
  return Math.max(...pauses) - 20;
}

/** The same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('one who talks alone', () => {
  it.concurrent('in G.711 comes out bit by bit as they sent it', AGAIN, async () => {
    const { line, listener } = await listen();
    const packets = mulawStream(watchedTone(2));
    await talk(line, packets);
    await wholeTone(listener);
    const codes = listener.capture
      .received()
      .flatMap(({ payload }) => parseRtp(payload) ?? [])
      .map(({ payload }) => payload);
    // The very first packets may be buffered, until it is clear that nobody else speaks.
    const sent = Buffer.concat(packets.slice(20, -5).map(({ payload }) => payload));
    expect(Buffer.concat(codes).includes(sent)).toBe(true);
  });

  it.concurrent(
    'over a network that jitters by 30 ms is heard without a gap, and not late',
    AGAIN,
    async () => {
      const { line, listener } = await listen();
      const next = random(7);
      const packets = mulawStream(watchedTone(6)).map((packet) => ({
        ...packet,
        at: packet.at + 60 * next(),
      }));
      const talker = await talk(line, packets);
      await wholeTone(listener);
      const heard = spokenTone(listener.heard())!;
      const lag = lastSound(listener.capture.received()) - lastSound(talker.capture.sent());
      expect(heard.seconds).toBeGreaterThan(5.8);
      // One packet in hundreds may be later than any before, and is made up for.
      expect(heard.longestGapMs).toBeLessThanOrEqual(20);
      // What comes last may be the fastest: the depth is that of the jitter, never more than 120 ms.
      expect(lag).toBeLessThan(0.14);
    },
  );
});

describe('two who talk at the same time', () => {
  it.concurrent('one loud and one soft come out alike', async () => {
    const { line, listener } = await listen();
    // In words: what goes on and on is taken for noise, which is never raised.
    const words = (frequency: number, amplitude: number): TimedPacket[] =>
      mulawStream(tone({ frequency, seconds: 30, amplitude, burst: { on: 0.9, off: 0.3 } }));
    await talk(line, words(440, 0.7));
    await talk(line, words(910, 0.03));
    const difference = await eventually(
      () => {
        const sound = listener.heard(2.4);
        if (duration(sound) < 2) return undefined;
        const apart = levelAt(sound, 440) - levelAt(sound, 910);
        if (Math.abs(apart) < NEAR_DB) return { apart };
        throw new Error(`${apart.toFixed(1)} dB apart`);
      },
      { what: 'a level alike', every: 200, within: 20_000 },
    );
    expect(Math.abs(difference.apart)).toBeLessThan(NEAR_DB);
  });

  it.concurrent(
    'with clocks that run apart are both heard without a gap, and not late',
    AGAIN,
    async () => {
      const seconds = 40;
      const { line, listener } = await listen();
      const drifting = (frequency: number, ppm: number): TimedPacket[] =>
        mulawStream(tone({ frequency, seconds, amplitude: 0.11 })).map((packet) => ({
          ...packet,
          at: packet.at * (1 + ppm / 1e6),
        }));
      const talkers = [await talk(line, drifting(440, 300)), await talk(line, drifting(910, -300))];
      await hears(listener, [440, 910], []);
      const from = duration(listener.heard()) - 0.5;
      const done = (): boolean =>
        talkers.every(({ capture }) => capture.sent().length >= 50 * seconds);
      await eventually(done, { what: 'the end', within: 60_000, every: 500 });
      const sound: Sound = slice(listener.heard(), from, from + seconds - 5);
      // A machine that stood still sent nothing, or took nothing, for that long.
      const stalls = [...talkers.map(({ capture }) => capture.sent()), listener.capture.received()]
        .map(longestPause)
        .reduce((sum, ms) => sum + ms, 0);
      for (const hz of [440, 910]) {
        expect(longestDip(sound, hz), `of ${hz} Hz`).toBeLessThan(40 + stalls);
      }
      await eventually(() => spokenTone(listener.heard(0.6)) === undefined, { what: 'silence' });
      const lastSent = Math.max(...talkers.map(({ capture }) => lastSound(capture.sent())));
      const lag = lastSound(listener.capture.received()) - lastSent;
      expect(lag).toBeLessThan(0.14);
    },
  );
});
