import { afterAll, expect } from 'vitest';
import { spokenTone, watchedTone, type SpokenTone } from '../../support/audio/spokenTone.ts';
import { silence } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { membersOf, openLine } from '../../support/phones/meetingLine.ts';
import { mulawStream, type TimedPacket } from '../../support/phones/rtpStream.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

/** A machine that stands still for a moment, since others use it too, is no fault of the mixer. */
const AGAIN = { retry: 2 };
const SECONDS = 3;
const SPEECH = watchedTone(SECONDS);

let switchroom: Switchroom;
const phones: { close(): Promise<void> }[] = [];

it.beforeAll(({ switchroom: shared }) => {
  switchroom = shared;
});

afterAll(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

/** What comes out of a room of two when one of them sends these packets. */
async function listenTo(packets: readonly TimedPacket[]): Promise<SpokenTone> {
  const line = await openLine(switchroom);
  const listener = await SippPhone.dial({ uri: line.uri, sound: silence(30) });
  phones.push(listener);
  await membersOf(switchroom, line, 1);
  const caller = await SippPhone.dial({ uri: line.uri, packets });
  phones.unshift(caller);
  await eventually(() => spokenTone(listener.heard()), { what: 'the caller on the other phone' });
  await eventually(() => spokenTone(listener.heard(0.5)) === undefined, { what: 'its end' });
  return spokenTone(listener.heard())!;
}

/** From packet `index` on the stream is somebody else's: another SSRC, other numbers. */
function restartedAt(index: number, packets: readonly TimedPacket[]): TimedPacket[] {
  return packets.map((packet, i) => ({
    ...packet,
    ...(i >= index && {
      ssrc: 0x1234,
      sequence: (packet.sequence + 30_000) & 0xffff,
      timestamp: (packet.timestamp + 1e9) >>> 0,
    }),
  }));
}

/** What happens to a stream. */
const TROUBLES: Record<string, TimedPacket[]> = {
  'sequence number and timestamp that wrap': mulawStream(SPEECH, {
    sequence: 65_480,
    timestamp: 2 ** 32 - 12_000,
  }),
  'another SSRC in the middle of a word': restartedAt(75, mulawStream(SPEECH)),
  'every tenth packet behind the next one': mulawStream(SPEECH).map((packet, i) => ({
    ...packet,
    at: packet.at + (i % 10 === 5 ? 25 : 0),
  })),
  'every packet twice': mulawStream(SPEECH).flatMap((packet) => [
    packet,
    { ...packet, at: packet.at + 5 },
  ]),
  'one packet in twenty lost': mulawStream(SPEECH).filter((_, i) => i % 20 !== 7),
};

it.concurrent.each(Object.entries(TROUBLES))(
  'a caller with %s is heard without a gap',
  AGAIN,
  async (_name, packets) => {
    const heard = await listenTo(packets);
    expect(heard.seconds).toBeGreaterThan(SECONDS - 0.1);
    expect(heard.seconds).toBeLessThan(SECONDS + 0.15);
    // What is lost or late is made up for; one packet is left for a machine that others use too.
    expect(heard.longestGapMs).toBeLessThanOrEqual(20);
  },
);

it.concurrent('a caller who sends nothing for a while is heard again at once', AGAIN, async () => {
  const pauseMs = 300;
  const packets = mulawStream(SPEECH).map((packet, i) => ({
    ...packet,
    at: packet.at + (i >= 75 ? pauseMs : 0),
  }));
  const heard = await listenTo(packets);
  expect(heard.gaps).toBe(1);
  // What is made up for the first of it is no gap.
  expect(heard.longestGapMs).toBeGreaterThan(pauseMs - 100);
  expect(heard.longestGapMs).toBeLessThan(pauseMs + 40);
});
