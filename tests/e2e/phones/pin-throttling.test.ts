import { afterEach, beforeAll, expect, it } from 'vitest';
import type { MeetingView } from '@switchroom/protocol';
import { eventually } from '../../support/eventually.ts';
import { silence } from '../../support/audio/tones.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { answersKeys } from '../../support/phones/ivr.ts';
import { sippBurst } from '../../support/phones/sippBurst.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { Switchroom } from '../../support/Switchroom.ts';

/* One after the other: wrong PINs of one caller, to one number, over one trunk. All count for ten minutes. */

const GUESSER = '+15551110001';
const NUMBERS = ['+15550100', '+15550151', '+15550152', '+15550153'] as const;
/** What a call guesses: three wrong PINs, then it is told goodbye. */
const THREE_WRONG = '999990#,999991#,999992#,';

let switchroom: Switchroom;
let meeting: MeetingView;
const phones: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  switchroom = await Switchroom.start();
  const { rest } = switchroom;
  const { body } = await rest.raw('GET', '/trunks');
  const [loopback] = body as { id: string }[];
  const cidrs = ['127.0.0.1/32'];
  await rest.raw('PATCH', `/trunks/${loopback!.id}`, { cidrs, callsPerSecond: 1000 });
  await rest.raw('POST', '/trunks', { name: 'Other', cidrs: ['127.0.0.2/32'] });
  for (const number of NUMBERS.slice(1)) await rest.raw('POST', '/dids', { number });
  meeting = await rest.createMeeting();
  return () => switchroom.stop();
});

afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.close()));
});

const uriOf = (number: string): string => `sip:${number}@${switchroom.sipAddress}`;

async function guess(number: string, calls: number, from: string): Promise<void> {
  const burst = { uri: uriOf(number), calls, rate: 25, from, keys: THREE_WRONG };
  expect((await sippBurst(burst)).answered).toBe(calls);
}

async function caller(user: string, number: string): Promise<BaresipPhone> {
  const phone = await BaresipPhone.start({ sound: silence(60), user });
  phones.push(phone);
  await phone.dial(uriOf(number));
  return phone;
}

/** The right PIN is not taken any more, and its caller is told so. */
async function isThrottled(user: string, number: string): Promise<void> {
  const phone = await caller(user, number);
  await answersKeys(phone, `${meeting.pin}#`, 'too-many-tries');
}

async function getsIn(user: string, number: string): Promise<void> {
  const phone = await caller(user, number);
  await phone.key(`${meeting.pin}#`);
  await inMeeting(1);
  await phone.close();
  await inMeeting(0);
}

async function inMeeting(count: number): Promise<void> {
  await eventually(async () => (await switchroom.rest.participants(meeting.id)).length === count, {
    what: `${count} in the meeting`,
  });
}

it('a PIN ends with its meeting', async () => {
  const over = await switchroom.rest.createMeeting();
  await switchroom.rest.endMeeting(over.id);
  const phone = await caller('+15551110009', NUMBERS[0]);
  await answersKeys(phone, `${over.pin}#`, 'pin-wrong');
});

it('who keyed twenty wrong PINs in several calls gets in with no PIN; others do', async () => {
  await guess(NUMBERS[0], 7, GUESSER);
  // Whichever number is dialled.
  await Promise.all([isThrottled(GUESSER, NUMBERS[0]), isThrottled(GUESSER, NUMBERS[1])]);
  await getsIn('+15551110002', NUMBERS[0]);
});

it('who withholds the number shares three times as many tries with all who do, and shuts out nobody else', async () => {
  await guess(NUMBERS[3], 20, 'anonymous');
  await isThrottled('anonymous', NUMBERS[3]);
  await getsIn('+15551110005', NUMBERS[3]);
});

it('after a hundred to one number by many callers it takes none, but from who was in the meeting; other numbers do', async () => {
  await guess(NUMBERS[1], 34, '+1555222[call_number]');
  await isThrottled('+15551110003', NUMBERS[1]);
  await getsIn('+15551110003', NUMBERS[0]);
  await getsIn('+15551110003', NUMBERS[1]);
});

it('after two hundred over one trunk it takes none, whatever the number; another trunk does', async () => {
  await guess(NUMBERS[2], 8, '+1555333[call_number]');
  await isThrottled('+15551110004', NUMBERS[0]);
  const phone = await SippPhone.dial({
    uri: uriOf(NUMBERS[0]),
    address: '127.0.0.2',
    sound: silence(30),
    keys: `${meeting.pin}#`,
  });
  phones.push(phone);
  await inMeeting(1);
});

it('no PIN, wrong or right, is in the log; nor are the numbers', () => {
  expect(switchroom.log).toContain('too many wrong PINs');
  const secrets = [meeting.pin, meeting.moderatorPin, '999990', '999991', GUESSER.slice(1)];
  const { log } = switchroom;
  expect(secrets.filter((secret) => new RegExp(`\\b${secret}\\b`).test(log))).toEqual([]);
});
