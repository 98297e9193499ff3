import { expect } from 'vitest';
import { duration, slice } from '../../support/audio/Sound.ts';
import { tone } from '../../support/audio/tones.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { allowCalls, callIs, outboundTrunk, placeCall } from '../../support/phones/dialOut.ts';
import { firstHeard, hearsPrompt, heardUntil } from '../../support/phones/ivr.ts';
import { hears, membersOf, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { SippCarrier } from '../../support/phones/SippCarrier.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

const LISTENER = 440;
const CALLED = 620;
const VOICEMAIL = 910;

let switchroom: Switchroom;
let line: MeetingLine;
let listener: BaresipPhone;
let called: BaresipPhone;
let voicemail: SippCarrier;
let nobody: SippCarrier;

it.beforeAll(async ({ switchroom: shared }) => {
  switchroom = shared;
  await allowCalls(switchroom, { allowed: ['+49'], maxMinutes: 1 });
  line = await openLine(switchroom);
  const say = (frequency: number) => tone({ frequency, seconds: 120 });
  listener = await BaresipPhone.start({ sound: say(LISTENER) });
  called = await BaresipPhone.start({ sound: say(CALLED), autoAnswer: true, user: '+4930555001' });
  voicemail = await SippCarrier.start({ calls: 'answered', sound: say(VOICEMAIL) });
  nobody = await SippCarrier.start({ calls: 'rings' });
  await listener.dial(line.uri);
  await membersOf(switchroom, line, 1);
  return async () => {
    await listener.close();
    await called.close();
    await voicemail.close();
    await nobody.close();
  };
});

/** A call over a carrier of its own: calls that are up stay when their trunk goes. */
async function call(name: string, uri: string): Promise<void> {
  const trunkId = await outboundTrunk(switchroom, name, { uri });
  const number = '+4930555001';
  expect(await placeCall(switchroom, line.meetingId, { number, name })).toHaveProperty('id');
  const state = name === 'Nobody' ? 'ringing' : 'confirming';
  await callIs(switchroom, line.meetingId, name, state);
  await switchroom.rest.raw('DELETE', `/trunks/${trunkId}`);
}

it('whoever is called is asked to press 1, is not heard before, and is heard after', async () => {
  await call('Dora', `sip:${called.uri.split('@')[1]!}`);
  await hearsPrompt(called, 'invited');
  await hears(listener, [], [CALLED, LISTENER], 1.5);
  await called.key('1');
  await membersOf(switchroom, line, 2);
  await hears(listener, [CALLED], [LISTENER]);
  await hears(called, [LISTENER], [CALLED]);
});

it('a voicemail that answers and speaks is never heard, and is hung up', async () => {
  await call('Voicemail', voicemail.uri);
  const from = await heardUntil(listener);
  // Meanwhile: nobody picks up, for as long as a telephone rings.
  await call('Nobody', nobody.uri);
  const { reason } = await callIs(switchroom, line.meetingId, 'Voicemail', 'failed', 40_000);
  expect(reason).toBe('not-confirmed');
  const over = await voicemail.request('BYE');
  const [answered] = await voicemail.requests('ACK');
  expect(over.time - answered!.time).toBeGreaterThan(15);
  const heard = slice(await listener.heard(), from);
  // Next to all of that time.
  expect(duration(heard), `from ${from} s on\n${listener.story}`).toBeGreaterThan(15);
  expect(firstHeard(heard, VOICEMAIL, -45)).toBeUndefined();
  await hears(listener, [CALLED], [VOICEMAIL]);
  expect(await switchroom.rest.participants(line.meetingId)).toHaveLength(2);
});

it('nobody who picks up within 45 s: the carrier gets a CANCEL, and the host is told', async () => {
  const { reason } = await callIs(switchroom, line.meetingId, 'Nobody', 'failed', 50_000);
  expect(reason).toBe('no-answer');
  await nobody.request('CANCEL');
});

it('the longest call ends in words: this one was answered a minute ago', async () => {
  await called.ended(70_000);
  await hearsPrompt(called, 'time-over', { since: (await heardUntil(called)) - 6 });
  await membersOf(switchroom, line, 1);
});
