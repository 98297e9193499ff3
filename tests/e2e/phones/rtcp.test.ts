import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, expect } from 'vitest';
import { silence, tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { parseReport, receiverReport, type Report } from '../../support/net/rtcp.ts';
import { parseRtp } from '../../support/net/rtp.ts';
import { membersOf, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { mulawStream, type TimedPacket } from '../../support/phones/rtpStream.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

/** One packet in so many is lost, from here on, s. */
const LOST_ONE_IN = 8;
const TROUBLE_FROM = 6;
const SOUND = tone({ frequency: 440, seconds: 30 });
/** Reports come every 5 s. */
const WITHIN = 20_000;

let switchroom: Switchroom;
const phones: { close(): Promise<void> }[] = [];

it.beforeAll(({ switchroom: shared }) => {
  switchroom = shared;
});

afterAll(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

interface Reporter {
  phone: SippPhone;
  /** What came for it, RTCP. */
  reports: Report[];
}

/** A phone with an ear for RTCP on the port after its RTP, which answers each sender report. */
async function call(
  { uri }: MeetingLine,
  packets: readonly TimedPacket[],
  about: { fractionLost: number },
): Promise<Reporter> {
  const phone = await SippPhone.dial({ uri, packets });
  const socket = createSocket('udp4');
  socket.bind(phone.rtpPort + 1, '127.0.0.1');
  await once(socket, 'listening');
  phones.push(phone, { close: () => new Promise((resolve) => socket.close(() => resolve())) });
  const reports: Report[] = [];
  socket.on('message', (data, from) => {
    const report = parseReport(data);
    if (report === undefined) return;
    reports.push(report);
    if (report.sender === undefined) return;
    const block = { ssrc: report.ssrc, lost: 0, jitter: 80, sinceLastReport: 0, ...about };
    const answer = receiverReport(packets[0]!.ssrc, {
      ...block,
      lastReport: report.sender.ntpMiddle,
    });
    socket.send(answer, from.port, from.address);
  });
  return { phone, reports };
}

it.concurrent(
  'sound that is lost shows in our reports and in the quality that others see',
  async () => {
    const line = await openLine(switchroom);
    const packets = mulawStream(SOUND, { ssrc: 1001 });
    const lossy = packets.filter(({ at }, i) => at < TROUBLE_FROM * 1000 || i % LOST_ONE_IN !== 0);
    const { phone, reports } = await call(line, lossy, { fractionLost: 0 });
    await membersOf(switchroom, line, 1);
    const quality = async (): Promise<number | null> =>
      (await switchroom.rest.participants(line.meetingId))[0]!.quality;
    const good = await eventually(async () => (await quality()) ?? undefined, {
      what: 'a quality',
      within: WITHIN,
    });
    expect(good).toBeGreaterThanOrEqual(4);
    const bad = await eventually(
      async () => {
        const now = await quality();
        return now !== null && now < good ? now : undefined;
      },
      { what: 'a worse quality', within: WITHIN },
    );
    expect(bad).toBeLessThanOrEqual(3.5);

    const [first] = reports;
    const last = reports.findLast(({ blocks }) => blocks[0]!.fractionLost > 0)!;
    const stream = phone.capture.received().map(({ payload }) => parseRtp(payload)!);
    expect(first!.ssrc).toBe(stream[0]!.ssrc);
    expect(first!.sender!.packets).toBeGreaterThan(200);
    expect(first!.sender!.bytes).toBe(160 * first!.sender!.packets);
    expect(first!.blocks).toMatchObject([{ ssrc: 1001, fractionLost: 0, lost: 0 }]);
    // A millisecond or two is SIPp's own.
    expect(first!.blocks[0]!.jitter).toBeLessThan(8 * 10);
    expect(last.blocks[0]!.fractionLost / 256).toBeGreaterThan(0.02);
    expect(last.blocks[0]!.fractionLost / 256).toBeLessThan(1.5 / LOST_ONE_IN);
    expect(last.blocks[0]!.lost).toBeGreaterThan(5);
  },
);

it.concurrent(
  'what a phone reports of our sound counts as well, and its jitter shows in our report',
  async () => {
    const line = await openLine(switchroom);
    const jittery = mulawStream(silence(30), { ssrc: 1002 }).map((packet, i) => ({
      ...packet,
      at: packet.at + (i % 2) * 16,
    }));
    const { reports } = await call(line, jittery, { fractionLost: 26 });
    const quality = await eventually(
      async () => {
        const [view] = await switchroom.rest.participants(line.meetingId);
        return view?.quality !== null && view?.quality !== undefined && view.quality < 4
          ? view.quality
          : undefined;
      },
      { what: 'a worse quality', within: WITHIN },
    );
    expect(quality).toBeLessThanOrEqual(3.5);
    // Every packet is 16 ms nearer to one neighbour: RFC 3550's jitter settles near that, in units of 1/8 ms.
    const jitterMs = reports.at(-1)!.blocks[0]!.jitter / 8;
    expect(jitterMs).toBeGreaterThan(10);
    expect(jitterMs).toBeLessThan(25);
  },
);
