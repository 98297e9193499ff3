import { afterAll, describe, expect } from 'vitest';
import type { MeetingView } from '@switchroom/protocol';
import { silence, tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { answersKeys, hearsPrompt, heardUntil } from '../../support/phones/ivr.ts';
import { hears } from '../../support/phones/meetingLine.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

/* A meeting of phones alone: nobody is there by browser, and the moderator has nothing but keys. */

const MODERATOR = 440;
const CALLER = 620;

let switchroom: Switchroom;
let meeting: MeetingView;
let moderator: BaresipPhone;
let caller: BaresipPhone;

it.beforeAll(async ({ switchroom: shared }) => {
  switchroom = shared;
  meeting = await switchroom.rest.createMeeting({ entry: 'none', recording: 'on-demand' });
  caller = await enter(CALLER, meeting.pin);
  moderator = await enter(MODERATOR, meeting.moderatorPin);
  await members(2);
});

afterAll(async () => {
  await Promise.all([moderator.close(), caller.close()]);
});

async function enter(frequency: number, pin: string): Promise<BaresipPhone> {
  const phone = await BaresipPhone.start({ sound: tone({ frequency, seconds: 120 }) });
  await phone.dial(meeting.dialIn[0]!.sipUri);
  await phone.key(`${pin}#`);
  return phone;
}

async function members(count: number): Promise<void> {
  await eventually(async () => (await switchroom.rest.participants(meeting.id)).length === count, {
    what: `${count} in the meeting`,
  });
}

describe('phones alone, one of them by the second PIN', () => {
  it('hear each other; one is host, and the keys of hosts are not possible for the other', async () => {
    await hears(moderator, [CALLER], [MODERATOR]);
    await hears(caller, [MODERATOR], [CALLER]);
    const roles = (await switchroom.rest.participants(meeting.id)).map(({ role }) => role);
    expect(roles.toSorted()).toEqual(['host', 'participant']);
    await answersKeys(caller, '*7', 'not-possible');
    await answersKeys(caller, '*8', 'not-possible');
    expect(await switchroom.rest.meeting(meeting.id)).toMatchObject({ locked: false });
  });

  it('*7 locks: another caller is told so in words and hung up; *7 again unlocks', async () => {
    await answersKeys(moderator, '*7', 'locked');
    expect(await switchroom.rest.meeting(meeting.id)).toMatchObject({ locked: true });
    const late = await BaresipPhone.start({ sound: silence(60) });
    try {
      await late.dial(meeting.dialIn[0]!.sipUri);
      await answersKeys(late, `${meeting.pin}#`, 'meeting-locked');
      await hearsPrompt(late, 'goodbye');
      await late.ended();
    } finally {
      await late.close();
    }
    await members(2);
    await answersKeys(moderator, '*7', 'unlocked');
    expect(await switchroom.rest.meeting(meeting.id)).toMatchObject({ locked: false });
  });

  it('*5 records, and everybody is told; *5 again stops', async () => {
    const [here, there] = [await heardUntil(moderator), await heardUntil(caller)];
    await moderator.key('*5');
    await hearsPrompt(caller, 'recording-on', { since: there });
    await hearsPrompt(moderator, 'recording-on', { since: here });
    expect((await switchroom.rest.recordings(meeting.id))[0]).toMatchObject({ state: 'recording' });
    const later = await heardUntil(caller);
    await moderator.key('*5');
    await hearsPrompt(caller, 'recording-off', { since: later });
  });

  it('*8 mutes all but the host: they hear so, and are heard again once they unmute', async () => {
    const before = await heardUntil(caller);
    await answersKeys(moderator, '*8', 'all-muted');
    await hearsPrompt(caller, 'muted-by-host', { since: before });
    await hears(moderator, [], [CALLER], 1.5);
    await caller.key('5');
    await hears(caller, [MODERATOR], [CALLER]);
    await answersKeys(caller, '*6', 'unmuted');
    await hears(moderator, [CALLER], [MODERATOR]);
  });

  it('*2 finds nobody waiting; *0 tells the keys', async () => {
    await answersKeys(moderator, '*2', 'nobody-waiting');
    await moderator.key('*0');
    await hearsPrompt(moderator, 'help', { since: (await heardUntil(moderator)) - 0.5 });
  });
});
