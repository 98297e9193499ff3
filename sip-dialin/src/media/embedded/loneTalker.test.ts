import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { LegMedia, PhoneMedia } from '../PhoneMedia.ts';
import type { G711Law } from './codecs/g711.ts';
import { createEmbeddedPhoneMedia } from './index.ts';
import { CodecPhone } from './testing/CodecPhone.ts';

/* One phone talks and two listen, by real sockets. Nothing is to be done to what it says. */
const HOST = '127.0.0.1';
const PHONES: readonly [law: G711Law, payloadType: number, hz: number][] = [
  ['PCMU', 0, 600],
  ['PCMU', 0, 0],
  ['PCMA', 8, 0],
];
const phones: CodecPhone[] = [];
let legs: LegMedia[] = [];
let media: PhoneMedia;
let sender: NodeJS.Timeout;

beforeAll(async () => {
  media = createEmbeddedPhoneMedia({
    host: HOST,
    announcedAddress: HOST,
    rtpPorts: { min: 0, max: 0 },
    logger: pino({ level: 'silent' }),
  });
  await media.createRoom('room');
  for (const [i, [law, payloadType, hz]] of PHONES.entries()) {
    const phone = await CodecPhone.open(law, hz);
    phone.amplitude = 3000; // As loud as a voice should be, so that it is not levelled.
    phones.push(phone);
    const leg = await media.createLeg(`leg ${i}`);
    legs = [...legs, leg];
    await phone.call(leg, payloadType);
    await leg.join('room', i + 1);
  }
  const start = performance.now();
  let sent = 0;
  sender = setInterval(() => {
    for (; start + sent * 20 <= performance.now(); sent++) phones[0]!.send();
  }, 5);
}, 30_000);

afterAll(async () => {
  clearInterval(sender);
  await media.close();
  await Promise.all(phones.map((phone) => phone.close()));
});

const hex = (codes: Uint8Array): string => Buffer.from(codes).toString('hex');

it('hands a lone talker on to the last bit, where the law is the same', async () => {
  const [talker, same, other] = phones as [CodecPhone, CodecPhone, CodecPhone];
  await vi.waitFor(
    () => {
      const sent = talker.sent.map(hex).join('');
      const heard = same.packets.slice(-25).map(({ payload }) => hex(payload));
      expect(heard).toHaveLength(25);
      expect(sent).toContain(heard.join(''));
      expect(other.hears(600)).toBeGreaterThan(-8);
      expect(talker.hears(600)).toBeLessThan(-40);
    },
    { timeout: 20_000, interval: 100 },
  );
});

it('numbers what it sends without a gap', () => {
  const { packets } = phones[1]!;
  const [first] = packets;
  packets.forEach(({ sequenceNumber, timestamp }, i) => {
    expect((sequenceNumber - first!.sequenceNumber) & 0xffff).toBe(i);
    expect((timestamp - first!.timestamp) >>> 0).toBe(i * 160);
  });
});

it('is silent once the talker is muted, and hands on again after that', async () => {
  const [talker, same] = phones as [CodecPhone, CodecPhone];
  legs[0]!.setMuted(true);
  await vi.waitFor(() => expect(same.hears(600)).toBeLessThan(-60), { timeout: 20_000 });
  legs[0]!.setMuted(false);
  await vi.waitFor(
    () => {
      const heard = same.packets.slice(-10).map(({ payload }) => hex(payload));
      expect(talker.sent.map(hex).join('')).toContain(heard.join(''));
    },
    { timeout: 20_000, interval: 100 },
  );
});
