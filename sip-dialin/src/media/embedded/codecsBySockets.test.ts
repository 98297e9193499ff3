import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { LegMedia, PhoneMedia } from '../PhoneMedia.ts';
import { SRTP_SUITES, SrtpKey, srtpKeyBytes } from '../sdp/crypto.ts';
import type { LegCodec } from './codecs/legCodecs.ts';
import { createEmbeddedPhoneMedia } from './index.ts';
import { createSourceDecoder } from './codecs/opus.ts';
import { bindUdp } from './net/bindUdp.ts';
import type { UdpPort } from './net/UdpPort.ts';
import { parseRtp, writeRtp, type RtpPacket } from './rtp/packet.ts';
import { seqDiff } from './rtp/seq16.ts';
import { CodecPhone } from './testing/CodecPhone.ts';
import { amplitudeAt } from './testing/tones.ts';

/*
 * Two phones of each codec in one room, by real sockets: one talks a tone, the other listens, so
 * that both what is shared and what is made for one alone is heard in each codec.
 */
const HOST = '127.0.0.1';
const KINDS: readonly [codec: LegCodec, payloadType: number, hz: number][] = [
  ['PCMU', 0, 500],
  ['PCMA', 8, 800],
  ['G722', 9, 1200],
  ['opus', 97, 1700],
];
const phones: CodecPhone[] = [];
const talkers: CodecPhone[] = [];
const legs: LegMedia[] = [];
const uplinks = new Map<number, RtpPacket[]>();
let sfu: UdpPort;
let media: PhoneMedia;
let sender: NodeJS.Timeout;

async function add(codec: LegCodec, payloadType: number, hz: number): Promise<CodecPhone> {
  const phone = await CodecPhone.open(codec, hz);
  const leg = await media.createLeg(`leg ${phones.length}`);
  phones.push(phone);
  legs.push(leg);
  await phone.call(leg, payloadType);
  await leg.join('room', phones.length);
  return phone;
}

beforeAll(async () => {
  media = createEmbeddedPhoneMedia({
    host: HOST,
    announcedAddress: HOST,
    rtpPorts: { min: 0, max: 0 },
    logger: pino({ level: 'silent' }),
  });
  const room = await media.createRoom('room');
  sfu = await bindUdp(HOST, 0);
  sfu.onMessage = (data) => {
    const packet = parseRtp(data);
    if (!packet) return;
    const packets = uplinks.get(packet.ssrc) ?? [];
    uplinks.set(packet.ssrc, [...packets, packet].slice(-60));
  };
  await room.connect({ ...sfu.local, payloadType: 100, audioLevelExtensionId: 10 });
  for (const [codec, payloadType, hz] of KINDS) {
    talkers.push(await add(codec, payloadType, hz));
    await add(codec, payloadType, 0);
  }
  const start = performance.now();
  let sent = 0;
  sender = setInterval(() => {
    for (; start + sent * 20 <= performance.now(); sent++) for (const each of talkers) each.send();
  }, 5);
}, 30_000);

afterAll(async () => {
  clearInterval(sender);
  await media.close();
  await Promise.all([...phones.map((phone) => phone.close()), sfu.close()]);
});

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 100 });

it('each phone hears all the others and not itself, whatever the codecs', async () => {
  await eventually(() => {
    for (const phone of phones) {
      const others = KINDS.map(([, , hz]) => hz).filter((hz) => hz !== phone.hz);
      const levels = others.map((hz) => phone.hears(hz));
      for (const level of levels) expect(level).toBeGreaterThan(-3);
      if (phone.hz) expect(phone.hears(phone.hz)).toBeLessThan(-25);
    }
  });
}, 25_000);

it("the SFU gets each phone's tone with its level, and a phone's Opus as it was sent", async () => {
  for (const [i, talker] of talkers.entries()) {
    const ssrc = 2 * i + 1;
    await eventually(() => expect(uplinks.get(ssrc)?.length).toBe(60));
    const packets = uplinks.get(ssrc)!;
    const decoder = await createSourceDecoder();
    const pcm = new Int16Array(60 * 320);
    for (const [k, packet] of packets.entries()) {
      // A sine of 3500: -22.4 dBov, a little less where a lossy codec begins.
      const level = packet.extensions.find(({ id }) => id === 10)!.data[0]!;
      expect(level & 0x80).toBe(0x80);
      expect(Math.abs((level & 0x7f) - 22)).toBeLessThanOrEqual(4);
      pcm.set(decoder.decode(packet.payload), k * 320);
    }
    decoder.free();
    expect(amplitudeAt(pcm, talker.hz, 16_000)).toBeGreaterThan(2450);
    if (talker.codec !== 'opus') continue;
    const sent = talker.sent.map((payload) => Buffer.from(payload).toString('hex'));
    const got = packets.slice(-20).map(({ payload }) => Buffer.from(payload).toString('hex'));
    expect(sent.join(' ')).toContain(got.join(' '));
  }
}, 25_000);

it('a phone that changes its codec in the call goes on in the new one', async () => {
  const before = phones[1]!;
  const after = await CodecPhone.open('G722', 0);
  phones.push(after);
  await after.call(legs[1]!, 9);
  expect(after.answer).toContain('RTP/AVP 9\r\n');
  await eventually(() => {
    for (const [, , hz] of KINDS) expect(after.hears(hz)).toBeGreaterThan(-3);
  });
  expect(before.packets.every(({ payloadType }) => payloadType === 0)).toBe(true);
}, 25_000);

it.each(SRTP_SUITES)(
  'a phone with SRTP by %s hears the others',
  async (suite) => {
    const phone = await CodecPhone.open('PCMU', 0);
    phone.key = new SrtpKey(suite, randomBytes(srtpKeyBytes(suite)));
    phones.push(phone);
    const leg = await media.createLeg(suite);
    const ups: string[] = [];
    leg.onEvent(({ type }) => ups.push(type));
    await phone.call(leg, 0);
    expect(phone.answer).toContain(`a=crypto:1 ${suite} inline:`);
    expect(phone.answer).not.toContain(phone.key.inline);
    await leg.join('room', 100 + phones.length);
    await eventually(() => expect(phone.hears(KINDS[1]![2])).toBeGreaterThan(-3));
    // A stranger's plain RTP is not taken, the phone's own is.
    const packet = { payloadType: 0, sequenceNumber: 1, timestamp: 1, ssrc: 1 };
    sfu.send(writeRtp({ ...packet, payload: new Uint8Array(160) }), phone.to);
    phone.send();
    await eventually(() => expect(ups).toEqual(['mediaUp']));
    await leg.close();
  },
  25_000,
);

it('packets are as long as the phone asks, and silence is comfort noise where it takes that', async () => {
  const phone = await CodecPhone.open('PCMA', 0);
  phones.push(phone);
  const leg = await media.createLeg('long');
  await phone.call(leg, 8, 'a=ptime:60');
  await eventually(() => expect(phone.packets.length).toBeGreaterThan(4));
  const [a, b] = phone.packets.slice(-2);
  expect([b!.payload.length, (b!.timestamp - a!.timestamp) >>> 0]).toEqual([480, 480]);
  expect(seqDiff(b!.sequenceNumber, a!.sequenceNumber)).toBe(1);

  await phone.call(leg, 8, 'a=ptime:20', 'a=rtpmap:13 CN/8000');
  expect(phone.answer).toContain('RTP/AVP 8\r\n');
  phone.formats = '8 13';
  await phone.call(leg, 8);
  expect(phone.answer).toContain('RTP/AVP 8 13\r\n');
  phone.packets.length = 0;
  await eventually(() => {
    expect(phone.packets.filter(({ payloadType }) => payloadType === 13).length).toBeGreaterThan(2);
  });
  const noise = phone.packets.filter(({ payloadType }) => payloadType === 13).slice(-2);
  expect((noise[1]!.timestamp - noise[0]!.timestamp) >>> 0).toBe(20 * 160);
  expect(phone.packets.length).toBeLessThan(10);
}, 25_000);
