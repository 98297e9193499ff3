import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LegEvent, LegQuality } from '../../PhoneMedia.ts';
import { buildOffer } from '../../sdp/buildSdp.ts';
import { pressPayloads } from '../dtmf/telephoneEvent.ts';
import { Ticker } from '../mixer/Ticker.ts';
import { PortPool } from '../net/PortPool.ts';
import { bindUdp } from '../net/bindUdp.ts';
import type { UdpPort } from '../net/UdpPort.ts';
import { PromptStore } from '../prompts/PromptStore.ts';
import { isRtcp, parseRtp, writeRtp } from '../rtp/packet.ts';
import {
  compound,
  ntpMiddle,
  parseRtcp,
  writeReceiverReport,
  writeSdes,
  writeSenderReport,
  type RtcpPacket,
} from '../rtp/rtcp.ts';
import { Leg } from './Leg.ts';
import { REPORT_INTERVAL_MS } from './LegReports.ts';

/*
 * The reports of one leg by real sockets, its clock pushed on by hand: they say what was heard of the
 * phone, and what the phone says of us comes out as quality.
 */
const HOST = '127.0.0.1';
const SSRC = 7;

let ticker: Ticker;
let leg: Leg;
let phone: UdpPort;
const events: LegEvent[] = [];
const reports: RtcpPacket[] = [];
let ourSsrc: number | undefined;

beforeEach(async () => {
  events.length = reports.length = 0;
  ourSsrc = undefined;
  ticker = new Ticker((error) => expect.unreachable(String(error)));
  const ports = await new PortPool(HOST, { min: 0, max: 0 }).openPair();
  leg = new Leg({
    id: 'a',
    ports,
    announcedAddress: HOST,
    srtp: 'off',
    ticker,
    prompts: new PromptStore(),
    emit: (event) => events.push(event),
  });
  phone = await bindUdp(HOST, 0);
  phone.onMessage = (data) => {
    if (isRtcp(data)) reports.push(...parseRtcp(data)!);
    else ourSsrc = parseRtp(data)!.ssrc;
  };
  const { port } = phone.local;
  await leg.answer(
    buildOffer({ sessionId: '1', version: 1, address: HOST, port }).concat('a=rtcp-mux\r\n'),
  );
  to = { ip: HOST, port: ports.rtp.local.port };
});
afterEach(async () => {
  await leg.close();
  ticker.close();
  await phone.close();
});

let to = { ip: HOST, port: 0 };
const soon = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 5000, interval: 5 });

function sendVoice(sequenceNumber: number): void {
  const packet = { payloadType: 0, sequenceNumber, timestamp: sequenceNumber * 160, ssrc: SSRC };
  phone.send(writeRtp({ ...packet, payload: new Uint8Array(160) }), to);
}

/** What was sent before a key has arrived when the key has. */
async function allArrived(sequenceNumber: number, key: string): Promise<void> {
  const packet = { payloadType: 101, sequenceNumber, timestamp: sequenceNumber * 160, ssrc: SSRC };
  phone.send(writeRtp({ ...packet, payload: pressPayloads(key)[0]! }), to);
  await soon(() => expect(events.some(({ type }) => type === 'key')).toBe(true));
  events.length = 0;
}

const quality = (): LegQuality | undefined =>
  events.flatMap((event) => (event.type === 'quality' ? [event.quality] : [])).at(-1);

it('reports what it heard and sent, and takes round trip, loss and jitter from the phone', async () => {
  for (const sequenceNumber of [0, 1, 2, 4]) sendVoice(sequenceNumber);
  phone.send(
    compound(
      writeSenderReport(SSRC, {
        ntpSeconds: 0x12345678,
        ntpFraction: 0x9abc0000,
        rtpTimestamp: 0,
        packetCount: 4,
        octetCount: 640,
      }),
      writeSdes(SSRC, 'phone'),
    ),
    to,
  );
  await soon(() => expect(ourSsrc).toBeDefined());
  await allArrived(5, '5');

  const start = performance.now();
  leg.housekeep(start + REPORT_INTERVAL_MS - 1000);
  expect(quality()).toBeUndefined();
  leg.housekeep(start + REPORT_INTERVAL_MS);
  expect(quality()).toMatchObject({ loss: 1 / 6, roundTripMs: null });
  const sr = await soon(() => {
    const found = reports.find((report) => report.type === 'sr');
    expect(found).toBeDefined();
    return found!;
  });
  expect(sr.ssrc).toBe(ourSsrc);
  expect(sr.sender.packetCount).toBeGreaterThan(0);
  expect(sr.sender.octetCount).toBe(sr.sender.packetCount * 160);
  const [block] = sr.reports;
  expect(block).toMatchObject({ ssrc: SSRC, fractionLost: 42, cumulativeLost: 1 });
  expect(block).toMatchObject({ extendedHighestSeq: 5, lastSr: 0x56789abc });
  // 5 s by the clock that was pushed on, in 1/65536 s.
  expect(block!.delaySinceLastSr / 65_536).toBeGreaterThan(4.9);

  const answered = {
    ssrc: ourSsrc!,
    fractionLost: 128,
    cumulativeLost: 9,
    extendedHighestSeq: 1,
    jitter: 240,
    lastSr: ntpMiddle(sr.sender.ntpSeconds, sr.sender.ntpFraction),
    delaySinceLastSr: 0,
  };
  phone.send(compound(writeReceiverReport(SSRC, [answered]), writeSdes(SSRC, 'phone')), to);
  await allArrived(6, '6');
  leg.housekeep(start + 2 * REPORT_INTERVAL_MS + 1);
  expect(quality()).toMatchObject({ loss: 0.5, jitterMs: 30 });
  expect(quality()!.mos).toBeLessThan(2);
});
