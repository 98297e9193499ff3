import { afterAll, describe, expect } from 'vitest';
import { decodeMulaw } from '../../support/audio/g711.ts';
import { levelWithin } from '../../support/audio/goertzel.ts';
import { silence, tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import type { Datagram } from '../../support/net/pcap.ts';
import { parseRtp, PCMU } from '../../support/net/rtp.ts';
import { hears, membersOf, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { mulawStream, type TimedPacket } from '../../support/phones/rtpStream.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

/* Whatever a network did before, what it brings now is heard within 120 ms. */

/** A machine that stands still for a moment, since others use it too, is no fault of the mixer. */
const AGAIN = { retry: 2 };
const SECONDS = 8;
const [TALKER_HZ, OTHER_HZ] = [440, 910];
/** Above the traces of other tones, dBFS. */
const THERE_DB = -35;
/** The 120 ms, one packet on its way out, and one by which the end of a tone is told. */
const MOST_LAG_S = 0.16;

let switchroom: Switchroom;
const phones: SippPhone[] = [];

it.beforeAll(({ switchroom: shared }) => {
  switchroom = shared;
});

afterAll(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

async function dial(line: MeetingLine, what: { packets?: TimedPacket[] }): Promise<SippPhone> {
  const sound = what.packets ? {} : { sound: silence(60) };
  const phone = await SippPhone.dial({ uri: line.uri, ...sound, ...what });
  phones.push(phone);
  return phone;
}

/** A tone, and a second of silence: the end of what is sent would be made up for. */
const voice = (frequency: number, seconds: number): TimedPacket[] => {
  const burst = { on: seconds, off: 1 };
  return mulawStream(tone({ frequency, seconds: seconds + 1, amplitude: 0.11, burst }));
};

/** A second of the packets, from this one on, comes at its end in as many ms as there are packets. */
function stalledAt(index: number, packets: TimedPacket[]): TimedPacket[] {
  const end = packets[index + 50]!.at;
  return packets.map((packet, i) =>
    i >= index && i < index + 50 ? { ...packet, at: end - 50 + i - index } : packet,
  );
}

/** What a network does to a talker of 8 s in the first five. */
const TROUBLES: Record<string, (packets: TimedPacket[]) => TimedPacket[]> = {
  'stood still for a second, and then brought it all at once': (packets) => stalledAt(100, packets),
  'did so three times': (packets) =>
    [50, 120, 190].reduce((stalled, index) => stalledAt(index, stalled), packets),
  'took 300 ms longer for two seconds': (packets) =>
    packets.map((packet, i) => ({ ...packet, at: packet.at + (i >= 100 && i < 200 ? 300 : 0) })),
};

/** When the last of this tone went by, s. */
function lastTone(datagrams: readonly Datagram[], hz: number): number {
  const packets = datagrams.flatMap(({ time, payload }) => {
    const packet = parseRtp(payload);
    return packet?.payloadType === PCMU ? [{ time, samples: decodeMulaw(packet.payload) }] : [];
  });
  const last = packets.findLastIndex(({ samples }, i) => {
    // Two packets: in one the tones are not told apart.
    const both = Int16Array.from([...(packets[i - 1]?.samples ?? []), ...samples]);
    return levelWithin({ sampleRate: 8000, samples: both }, hz) > THERE_DB;
  });
  return packets[last]?.time ?? NaN;
}

/** How much later than it was sent the end of what the talker says is heard, s. */
async function lagAfter(packets: TimedPacket[], isAlone: boolean): Promise<number> {
  const line = await openLine(switchroom);
  const listener = await dial(line, {});
  await membersOf(switchroom, line, 1);
  if (!isAlone) {
    await dial(line, { packets: voice(OTHER_HZ, 30) });
    await hears(listener, [OTHER_HZ], []);
  }
  const talker = await dial(line, { packets });
  await hears(listener, [TALKER_HZ], []);
  await eventually(() => talker.capture.sent().length >= packets.length, { what: 'the last word' });
  const others = isAlone ? [] : [OTHER_HZ];
  await hears(listener, others, [TALKER_HZ], 0.6);
  const { capture } = listener;
  return lastTone(capture.received(), TALKER_HZ) - lastTone(talker.capture.sent(), TALKER_HZ);
}

describe.each([
  ['one who talks alone', true],
  ['one of two who talk', false],
] as const)('%s', (_who, isAlone) => {
  it.concurrent.each(Object.entries(TROUBLES))(
    'over a network that %s, is not late afterwards',
    AGAIN,
    async (_did, trouble) => {
      const lag = await lagAfter(trouble(voice(TALKER_HZ, SECONDS)), isAlone);
      expect(lag).toBeGreaterThan(0);
      expect(lag).toBeLessThan(MOST_LAG_S);
    },
  );
});
