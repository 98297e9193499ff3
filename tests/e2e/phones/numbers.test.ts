import { afterEach, describe, expect } from 'vitest';
import { silence, tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { answersKeys, hearsPrompt } from '../../support/phones/ivr.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

const LANGUAGES = ['en', 'es', 'fr', 'de'] as const;

let switchroom: Switchroom;
const phones: { close(): Promise<void> }[] = [];

it.beforeAll(({ switchroom: shared }) => {
  switchroom = shared;
});

afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.close()));
});

const uriOf = (number: string): string => `sip:${number}@${switchroom.sipAddress}`;

async function number(did: {
  number: string;
  language?: string;
  meetingId?: string;
  trunkId?: string;
}): Promise<string> {
  const { status } = await switchroom.rest.raw('POST', '/dids', did);
  expect(status).toBe(201);
  return did.number;
}

async function caller(uri: string, sound = silence(60)): Promise<BaresipPhone> {
  const phone = await BaresipPhone.start({ sound });
  phones.push(phone);
  await phone.dial(uri);
  return phone;
}

describe('a number to the PIN prompt', () => {
  it.each(LANGUAGES)('greets in its language: %s', async (language) => {
    const did = await number({ number: `+1555010${LANGUAGES.indexOf(language) + 1}`, language });
    const phone = await caller(uriOf(did));
    await hearsPrompt(phone, 'welcome', { language });
  });

  it('goes on in the language of a key, whatever it greeted in', async () => {
    const did = await number({ number: '+15550111', language: 'de' });
    const choose = async (language: string, key: number): Promise<void> => {
      const phone = await caller(uriOf(did));
      await answersKeys(phone, `*${key}`, 'enter-pin', { language });
      await answersKeys(phone, '000000#', 'pin-wrong', { language });
    };
    await Promise.all(LANGUAGES.map((language, i) => choose(language, i + 1)));
  });
});

describe('a number of one meeting', () => {
  it('leads straight into it, and speaks its language there', async () => {
    const meeting = await switchroom.rest.createMeeting({ entry: 'none' });
    const did = await number({ number: '+15550121', language: 'fr', meetingId: meeting.id });
    const phone = await caller(uriOf(did), tone({ frequency: 440, seconds: 60 }));
    await eventually(
      async () => (await switchroom.rest.participants(meeting.id))[0]?.state === 'joined',
      { what: 'the phone in the meeting' },
    );
    await answersKeys(phone, '*6', 'muted', { language: 'fr' });
    // The meeting's end is told in it as well, and with it ends the number.
    await switchroom.rest.endMeeting(meeting.id);
    await hearsPrompt(phone, 'meeting-ended', { language: 'fr' });
    await phone.ended();
    const late = await SippPhone.dial({ uri: uriOf(did), refusal: 410 });
    phones.push(late);
    await late.ended();
  });
});

describe('a number of one trunk', () => {
  it('is there for calls over it, and unknown to all others', async () => {
    const cidrs = ['127.0.0.2/32'];
    const trunk = await switchroom.rest.raw('POST', '/trunks', { name: 'Carrier', cidrs });
    const meeting = await switchroom.rest.createMeeting();
    const trunkId = (trunk.body as { id: string }).id;
    const did = await number({ number: '+15550141', trunkId, meetingId: meeting.id });
    const other = await SippPhone.dial({ uri: uriOf(did), refusal: 404 });
    phones.push(other);
    await other.ended();
    const sound = tone({ frequency: 440, seconds: 30 });
    phones.push(await SippPhone.dial({ uri: uriOf(did), address: '127.0.0.2', sound }));
    await eventually(async () => (await switchroom.rest.participants(meeting.id)).length === 1, {
      what: 'the call over the trunk in the meeting',
    });
  });
});
