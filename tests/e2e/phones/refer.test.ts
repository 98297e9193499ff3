import { afterEach, beforeEach, expect } from 'vitest';
import type { ParticipantView } from '@switchroom/protocol';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { allowCalls, outboundTrunk } from '../../support/phones/dialOut.ts';
import { hears, membersOf, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

const CALLER = 440;
const SECOND = 620;
const OTHER = 910;
const NUMBER = '+15550188';

let switchroom: Switchroom;
let line: MeetingLine;
let other: BaresipPhone;
const phones: { close(): Promise<void> }[] = [];

it.beforeAll(({ switchroom: shared }) => {
  switchroom = shared;
});

beforeEach(async () => {
  line = await openLine(switchroom);
  other = await BaresipPhone.start({ sound: tone({ frequency: OTHER, seconds: 60 }) });
  phones.push(other);
  await other.dial(line.uri);
  await membersOf(switchroom, line, 1);
});

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

const everybody = (): Promise<ParticipantView[]> => switchroom.rest.participants(line.meetingId);

it('a phone hands its call on to a number: that one joins, and the first is let go', async () => {
  const sound = tone({ frequency: SECOND, seconds: 60 });
  const called = await BaresipPhone.start({ sound, autoAnswer: true, user: NUMBER });
  phones.unshift(called);
  await outboundTrunk(switchroom, 'carrier', { uri: called.uri.replace(/:[^@:]*@/, ':') });
  await allowCalls(switchroom, { allowed: ['+1555'] });
  const caller = await BaresipPhone.start({ sound: tone({ frequency: CALLER, seconds: 60 }) });
  phones.unshift(caller);
  await caller.dial(line.uri);
  await hears(other, [CALLER], [OTHER]);

  await caller.transfer(`sip:${NUMBER}@${switchroom.sipAddress}`);
  await eventually(() => called.events.some(({ type }) => type === 'CALL_ESTABLISHED'), {
    what: 'the call to the number',
  });
  await called.key('1');
  await caller.ended();
  await hears(other, [SECOND], [OTHER, CALLER]);
  await hears(called, [OTHER], [SECOND, CALLER]);
  await membersOf(switchroom, line, 2);
});

/** Another phone in the meeting wants to hand its call on, and is answered so. */
async function isRefused(status: number): Promise<void> {
  const caller = await BaresipPhone.start({ sound: tone({ frequency: CALLER, seconds: 60 }) });
  phones.unshift(caller);
  await caller.dial(line.uri);
  await hears(other, [CALLER], [OTHER]);
  await caller.transfer(`sip:${NUMBER}@${switchroom.sipAddress}`);
  const failed = await eventually(
    () => caller.events.find(({ type }) => type === 'TRANSFER_FAILED'),
    { what: 'the refusal' },
  );
  expect(failed.param).toMatch(new RegExp(`^${status} `));
  await hears(other, [CALLER], [OTHER]);
}

it('phones that may not hand their calls on learn why, and go on', async () => {
  await allowCalls(switchroom, { allowed: ['+49'] });
  await isRefused(403);
  // The try before counts as well.
  await allowCalls(switchroom, { allowed: ['+1555'], callsPerHourPerMeeting: 1 });
  await phones.shift()?.close();
  await membersOf(switchroom, line, 1);
  await isRefused(480);
});

it('another phone takes the place of a call by Replaces, and stays the same participant', async () => {
  const sound = tone({ frequency: CALLER, seconds: 60 });
  const first = await SippPhone.dial({ uri: line.uri, sound });
  phones.unshift(first);
  await hears(other, [CALLER], [OTHER]);
  const before = await everybody();

  const answer = (await first.messages()).split('SIP/2.0 200 OK')[1]!;
  const headers = [
    `Replaces: ${valueIn(answer, /^Call-ID: *(\S+)/m)}`,
    `to-tag=${valueIn(answer, /^To: .*tag=([^;\s]+)/m)}`,
    `from-tag=${valueIn(answer, /^From: .*tag=([^;\s]+)/m)}`,
  ];
  const second = await SippPhone.dial({
    uri: line.uri,
    sound: tone({ frequency: SECOND, seconds: 60 }),
    scenario: { headers: `Require: replaces\n${headers.join(';')}\n` },
  });
  phones.unshift(second);
  await first.ended();
  await hears(other, [SECOND], [OTHER, CALLER]);
  await hears(second, [OTHER], [SECOND, CALLER]);
  const ids = (all: ParticipantView[]): string[] => all.map(({ id }) => id).sort();
  expect(ids(await everybody())).toEqual(ids(before));
});

it('nobody takes the place of a call that they do not know', async () => {
  const stranger = await SippPhone.dial({
    uri: line.uri,
    refusal: 481,
    scenario: { headers: 'Require: replaces\nReplaces: 4711;to-tag=a;from-tag=b\n' },
  });
  phones.unshift(stranger);
  await stranger.ended();
});

function valueIn(text: string, pattern: RegExp): string {
  const value = pattern.exec(text)?.[1];
  if (value === undefined) throw new Error(`No ${String(pattern)} in ${text}`);
  return value;
}
