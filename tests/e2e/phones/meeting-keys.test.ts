import { expect } from 'vitest';
import type { ParticipantView } from '@switchroom/protocol';
import { levelAt } from '../../support/audio/goertzel.ts';
import { duration, slice } from '../../support/audio/Sound.ts';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { answersKeys, heardUntil } from '../../support/phones/ivr.ts';
import { hears, membersOf, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

const CALLER = 440;
const OTHER = 620;
/** Of one key, dB; what a measurement is off at most. */
const STEP_DB = 3;
const OFF_DB = 0.7;

let switchroom: Switchroom;
let line: MeetingLine;
let phone: BaresipPhone;
let other: SippPhone;

it.beforeAll(async ({ switchroom: shared }) => {
  switchroom = shared;
  line = await openLine(switchroom);
  phone = await BaresipPhone.start({ sound: tone({ frequency: CALLER, seconds: 120 }) });
  await phone.dial(line.uri);
  const sound = tone({ frequency: OTHER, seconds: 120 });
  other = await SippPhone.dial({ uri: line.uri, sound });
  await membersOf(switchroom, line, 2);
  await hears(phone, [OTHER], [CALLER]);
  return () => Promise.all([phone.close(), other.close()]);
});

async function caller(): Promise<ParticipantView> {
  const all = await switchroom.rest.participants(line.meetingId);
  return all.find(({ name }) => name === 'baresip')!;
}

it('*6 mutes and unmutes: the others hear nothing, and then the caller again', async () => {
  await answersKeys(phone, '*6', 'muted');
  expect(await caller()).toMatchObject({ muted: true });
  await hears(other, [], [CALLER], 1.5);
  await answersKeys(phone, '*6', 'unmuted');
  expect(await caller()).toMatchObject({ muted: false });
  await hears(other, [CALLER], [OTHER]);
});

it('*9 raises and lowers the hand', async () => {
  await answersKeys(phone, '*9', 'hand-raised');
  expect(await caller()).toMatchObject({ handRaised: true });
  await answersKeys(phone, '*9', 'hand-lowered');
  expect(await caller()).toMatchObject({ handRaised: false });
});

it('*3 tells how many are here', async () => {
  await answersKeys(phone, '*3', 'there-are');
});

it('*0 tells the keys, until another key is pressed', async () => {
  await answersKeys(phone, '*0', 'help');
  await phone.key('5');
  await hears(phone, [OTHER], [CALLER]);
});

it('*1 and *4 make the meeting louder and quieter for this caller, by 3 dB, up to 12', async () => {
  /** How loud the other is, once it is steady after the keys, dBFS. */
  const level = async (keys = ''): Promise<number> => {
    const from = await heardUntil(phone);
    await phone.key(keys);
    await eventually(async () => (await heardUntil(phone)) > from + keys.length * 0.2 + 1.3, {
      what: 'a second more',
    });
    const heard = await phone.heard();
    return levelAt(slice(heard, duration(heard) - 0.8), OTHER);
  };
  const before = await level();
  expect(Math.abs((await level('*1')) - before - STEP_DB)).toBeLessThan(OFF_DB);
  expect(Math.abs((await level('*4*4')) - before + STEP_DB)).toBeLessThan(OFF_DB);
  await phone.key('*4*4');
  await answersKeys(phone, '*4', 'quietest');
  expect(Math.abs((await level()) - before + 4 * STEP_DB)).toBeLessThan(OFF_DB);
  // The other hears this caller as before: it is the caller's own volume.
  await hears(other, [CALLER], [OTHER]);
});
