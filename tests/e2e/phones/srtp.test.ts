import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { randomBytes } from 'node:crypto';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone, type BaresipOptions } from '../../support/phones/BaresipPhone.ts';
import {
  hears,
  membersOf,
  openLine,
  wrongTones,
  type MeetingLine,
} from '../../support/phones/meetingLine.ts';
import { mulawStream } from '../../support/phones/rtpStream.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { offer } from '../../support/phones/sippScenario.ts';
import { parseRtp } from '../../support/net/rtp.ts';
import { Switchroom } from '../../support/Switchroom.ts';

const PLAIN = 440;
const SECURE = 910;
/** RFC 4568 section 6.1: key and salt. */
const CRYPTO = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${randomBytes(30).toString('base64')}`;
const SECURE_OFFER = `${offer().replace('RTP/AVP', 'RTP/SAVP')}\n${CRYPTO}`;

let switchroom: Switchroom;
let line: MeetingLine;
const phones: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  switchroom = await Switchroom.start();
  line = await openLine(switchroom);
  return () => switchroom.stop();
});

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
  await membersOf(switchroom, line, 0);
});

/** What the trunk of calls from this machine wants. */
async function want(srtp: 'off' | 'optional' | 'required'): Promise<void> {
  const { body } = await switchroom.rest.raw('GET', '/trunks');
  const [trunk] = body as { id: string }[];
  const { status } = await switchroom.rest.raw('PATCH', `/trunks/${trunk!.id}`, { srtp });
  expect(status).toBe(200);
}

async function plainPhone(): Promise<SippPhone> {
  const phone = await SippPhone.dial({
    uri: line.uri,
    sound: tone({ frequency: PLAIN, seconds: 60 }),
  });
  phones.unshift(phone);
  return phone;
}

async function baresip(encryption: BaresipOptions['encryption']): Promise<BaresipPhone> {
  const sound = tone({ frequency: SECURE, seconds: 60 });
  const phone = await BaresipPhone.start({ sound, ...(encryption && { encryption }) });
  phones.push(phone);
  return phone;
}

describe('a trunk where SRTP is optional', () => {
  it.each(['srtp', 'srtp-mand'] as const)(
    'takes keys that are offered (%s), and both hear each other',
    async (encryption) => {
      await want('optional');
      const secure = await baresip(encryption);
      await secure.dial(line.uri);
      const plain = await plainPhone();
      await hears(plain, [SECURE], [PLAIN]);
      await hears(secure, [PLAIN], [SECURE]);
    },
  );

  it('takes keys beside plain RTP (RFC 8643), and encrypts', async () => {
    await want('optional');
    const either = SECURE_OFFER.replace('RTP/SAVP', 'RTP/AVP');
    const phone = await SippPhone.dial({ uri: line.uri, sdp: either });
    phones.push(phone);
    await membersOf(switchroom, line, 1);
    // Theirs and ours.
    expect(new Set((await phone.messages()).match(/inline:\S+/g)).size).toBe(2);
  });

  it('neither hears nor decodes who encrypts with another key than they said', async () => {
    await want('optional');
    const listener = await baresip('srtp-mand');
    await listener.dial(line.uri);
    // Its packets are not encrypted at all, which is no key either.
    const packets = mulawStream(tone({ frequency: PLAIN, seconds: 20 }));
    const liar = await SippPhone.dial({ uri: line.uri, packets, sdp: SECURE_OFFER });
    phones.unshift(liar);
    await membersOf(switchroom, line, 2);
    await hears(listener, [], [PLAIN, SECURE], 1.5);
    // And what it gets, taken for mu-law, is noise without the listener's tone.
    const wrong = (): string => wrongTones(liar.heard(1.5), [SECURE], []) ?? '';
    await eventually(() => wrong().includes(`missing: ${SECURE}`), { what: 'noise' });
    expect(parseRtp(liar.capture.received().at(-1)!.payload)!.payload.length).toBe(160 + 10);
  });
});

describe('a trunk where SRTP is required', () => {
  it('takes calls with keys, and refuses those without', async () => {
    await want('required');
    const plain = await SippPhone.dial({ uri: line.uri, refusal: 488 });
    phones.push(plain);
    await plain.ended();
    const secure = await baresip('srtp-mand');
    await secure.dial(line.uri);
    await membersOf(switchroom, line, 1);
  });
});

describe('a trunk where SRTP is off', () => {
  it('refuses calls that want nothing else, and takes those that would do without', async () => {
    await want('off');
    const secure = await SippPhone.dial({ uri: line.uri, sdp: SECURE_OFFER, refusal: 488 });
    phones.push(secure);
    await secure.ended();
    const either = await baresip('srtp');
    await either.dial(line.uri);
    const plain = await plainPhone();
    await hears(plain, [SECURE], [PLAIN]);
    await hears(either, [PLAIN], [SECURE]);
  });
});
