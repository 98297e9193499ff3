import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { LegMedia, PhoneMedia } from '../PhoneMedia.ts';
import type { LegCodec } from './codecs/legCodecs.ts';
import { createEmbeddedPhoneMedia } from './index.ts';
import { CodecPhone } from './testing/CodecPhone.ts';

/*
 * Two phones of each codec in one room, by real sockets: one talks a tone, the other listens, so
 * that both what is shared and what is made for one alone is heard in each codec.
 */
const HOST = '127.0.0.1';
const KINDS: readonly [codec: LegCodec, payloadType: number, hz: number][] = [
  ['PCMU', 0, 500],
  ['PCMA', 8, 800],
  ['G722', 9, 1200],
];
const phones: CodecPhone[] = [];
const talkers: CodecPhone[] = [];
const legs: LegMedia[] = [];
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
  await media.createRoom('room');
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
  await Promise.all(phones.map((phone) => phone.close()));
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
