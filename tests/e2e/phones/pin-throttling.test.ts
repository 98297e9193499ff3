import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { MeetingView } from '@switchroom/protocol';
import { eventually } from '../../support/eventually.ts';
import { silence } from '../../support/audio/tones.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { answersKeys } from '../../support/phones/ivr.ts';
import { sippBurst } from '../../support/phones/sippBurst.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { Switchroom } from '../../support/Switchroom.ts';

/*
 * Wrong PINs of one caller, to one number, over one trunk. All count for ten minutes, so each try of a test has callers,
 * numbers, trunks and a meeting of its own: every address of 127.0.0.0/8 is ours, and can be another network.
 */

/** What a call guesses: three wrong PINs, then it is told goodbye. */
const THREE_WRONG = '999990#,999991#,999992#,';
/** Calls that a caller, all who withhold the number, a number and a trunk have with that. The last of all but a caller's takes a turn. */
const CALLS = { caller: 7, anonymous: 11, did: 24, trunk: 47 } as const;

/** A turn comes in 20 s, and who waits asks for it up to 3 s later; a guesser who waits, too, may be first, twice. */
const TURN_WAIT_MS = 80_000;

let switchroom: Switchroom;
let tries = 0;
let meeting: MeetingView;
let address: string;
let otherAddress: string;
let numbers: readonly [string, string, string, string];
/** None of these may be in a log. */
const secrets = ['999990', '999991'];
const phones: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  switchroom = await Switchroom.start();
  return () => switchroom.stop();
});

beforeEach(async () => {
  tries += 1;
  [address, otherAddress] = [await trunk(`127.0.1.${tries}`), await trunk(`127.0.2.${tries}`)];
  numbers = [await did(0), await did(1), await did(2), await did(3)];
  meeting = await switchroom.rest.createMeeting();
  secrets.push(meeting.pin, meeting.moderatorPin);
});

afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.close()));
});

/** A trunk of its own for this address. */
async function trunk(from: string): Promise<string> {
  const options = { name: from, cidrs: [`${from}/32`], callsPerSecond: 1000 };
  expect((await switchroom.rest.raw('POST', '/trunks', options)).status).toBe(201);
  return from;
}

/** A number of this try that leads to the PIN prompt. */
async function did(index: number): Promise<string> {
  const number = `+1555${9000 + tries}${index}`;
  expect((await switchroom.rest.raw('POST', '/dids', { number })).status).toBe(201);
  return number;
}

/** A caller's number of this try; up to three digits, or `[call_number]`, tell them apart. */
const callerNumber = (which: number | string): string => `+1555${1000 + tries}${which}`;
const uriOf = (number: string): string => `sip:${number}@${switchroom.sipAddress}`;

async function guess(number: string, calls: number, from: string): Promise<void> {
  const burst = { uri: uriOf(number), address, calls, rate: 25, from, keys: THREE_WRONG };
  expect((await sippBurst(burst)).answered).toBe(calls);
}

async function caller(user: string, number: string): Promise<BaresipPhone> {
  const phone = await BaresipPhone.start({ sound: silence(120), user, address });
  phones.push(phone);
  await phone.dial(uriOf(number));
  return phone;
}

/**
 * After so many calls that guess. On the line before the last of them, which takes a turn: there is another 20 s after
 * that, however long the calls before it took.
 */
async function getsInByTurn(
  user: string,
  number: string,
  { calls, from }: { calls: number; from: string },
): Promise<void> {
  await guess(number, calls - 1, from);
  const phone = await caller(user, number);
  await guess(number, 1, from);
  await answersKeys(phone, `${meeting.pin}#`, 'waiting-music', { language: 'sounds' });
  await inMeeting(1, TURN_WAIT_MS);
  await phone.close();
  await inMeeting(0);
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

async function inMeeting(count: number, within?: number): Promise<void> {
  await eventually(async () => (await switchroom.rest.participants(meeting.id)).length === count, {
    what: `${count} in the meeting`,
    ...(within !== undefined && { within }),
  });
}

it('a PIN ends with its meeting', async () => {
  await switchroom.rest.endMeeting(meeting.id);
  const phone = await caller(callerNumber(1), numbers[0]);
  await answersKeys(phone, `${meeting.pin}#`, 'pin-wrong');
});

it('who keyed twenty wrong PINs in several calls gets in with no PIN; others do', async () => {
  await guess(numbers[0], CALLS.caller, callerNumber(1));
  // Whichever number is dialled.
  await Promise.all([
    isThrottled(callerNumber(1), numbers[0]),
    isThrottled(callerNumber(1), numbers[1]),
  ]);
  await getsIn(callerNumber(2), numbers[0]);
});

it('who withholds the number waits for a turn after thirty wrong PINs of all who do, with music, and gets in', async () => {
  const guesses = { calls: CALLS.anonymous, from: 'anonymous' };
  await getsInByTurn('anonymous', numbers[0], guesses);
  await getsIn(callerNumber(1), numbers[0]);
});

it('after seventy to one number by many callers who is new waits for a turn, and gets in; who was in the meeting does at once, as do all by another number', async () => {
  const guesses = { calls: CALLS.did, from: callerNumber('[call_number]') };
  await getsInByTurn(callerNumber(900), numbers[1], guesses);
  await getsIn(callerNumber(900), numbers[1]);
  await getsIn(callerNumber(901), numbers[0]);
});

it('after as many as twice that over one trunk all wait who are new, whatever the number; over another trunk none', async () => {
  // As many by each number as it bears.
  await guess(numbers[0], CALLS.did - 1, callerNumber('[call_number]'));
  await guess(numbers[1], CALLS.did - 1, callerNumber('[call_number]'));
  const waiting = await caller(callerNumber(900), numbers[3]);
  await guess(numbers[2], CALLS.trunk - 2 * (CALLS.did - 1), callerNumber('[call_number]'));
  await answersKeys(waiting, `${meeting.pin}#`, 'waiting-music', { language: 'sounds' });
  await inMeeting(1, TURN_WAIT_MS);
  const phone = await SippPhone.dial({
    uri: uriOf(numbers[3]),
    address: otherAddress,
    sound: silence(30),
    keys: `${meeting.pin}#`,
  });
  phones.push(phone);
  await inMeeting(2);
});

it('no PIN, wrong or right, is in the log; nor are the numbers', async () => {
  const guesser = callerNumber(1);
  await guess(numbers[0], CALLS.caller, guesser);
  const { log } = switchroom;
  expect(log).toContain('too many wrong PINs');
  const found = [...secrets, guesser.slice(1)].filter((secret) =>
    new RegExp(`\\b${secret}\\b`).test(log),
  );
  expect(found).toEqual([]);
});
