import type { MeetingView } from '@switchroom/protocol';
import { expect, onTestFinished } from 'vitest';
import { tone } from '../support/audio/tones.ts';
import { BrowserParticipant } from '../support/browser/BrowserParticipant.ts';
import { eventually } from '../support/eventually.ts';
import { mistakeIn, TONES, type Party } from '../support/hearing.ts';
import { it } from '../support/sharedSwitchroom.ts';
import { ADMIN, type Switchroom } from '../support/Switchroom.ts';

const ACCOUNT = { email: ADMIN.ADMIN_EMAIL, password: ADMIN.ADMIN_PASSWORD };
let switchroom: Switchroom;
/** Opened once, each with a tone of its own: a browser takes its time to start. */
let anna: BrowserParticipant;
let bert: BrowserParticipant;

const options = (name: string, party: Party) => ({
  name,
  joinUrl: switchroom.url,
  microphone: tone({ frequency: TONES[party], seconds: 10, sampleRate: 48_000 }),
});

it.beforeAll(async ({ switchroom: shared }) => {
  switchroom = shared;
  [anna, bert] = await Promise.all([
    BrowserParticipant.open({ ...options('Anna', 'anna'), account: ACCOUNT }),
    BrowserParticipant.open(options('Bert', 'bert')),
  ]);
  return () => Promise.all([anna.close(), bert.close()]);
});

const host = ({ joinUrl }: MeetingView): Promise<void> => anna.joinAt(joinUrl);
const guest = ({ joinUrl }: MeetingView): Promise<void> => bert.knockAt(joinUrl);

async function hears(who: BrowserParticipant, party: Party): Promise<void> {
  let mistake: string | undefined;
  await eventually(
    async () => {
      const [sound] = [...(await who.heard(1)).values()];
      mistake = mistakeIn(sound, [party]);
      return mistake === undefined;
    },
    { what: `${who.name} hears ${party}`, within: 20_000, every: 200 },
  ).catch((error: unknown) => {
    throw new Error(mistake, { cause: error });
  });
}

it('a guest waits unheard until the host admits them, and then goes in by itself', async () => {
  const meeting = await switchroom.rest.createMeeting({ lobby: true });
  await Promise.all([host(meeting), guest(meeting)]);
  const panel = anna.page.getByRole('region', { name: 'Waiting to be let in (1)' });
  await panel.waitFor();
  await bert.page.getByRole('meter', { name: 'Microphone level' }).waitFor();
  // Nothing is sent to either, and the waiting are not among the participants.
  expect(await anna.heard(1)).toEqual(new Map());
  expect(await bert.heard(1)).toEqual(new Map());
  expect(await anna.tile('Bert').count()).toBe(0);

  await anna.page.getByRole('button', { name: 'Admit Bert' }).click();
  await bert.inRoom();
  await anna.tile('Bert').waitFor();
  await panel.waitFor({ state: 'detached' });
  await hears(anna, 'bert');
  await hears(bert, 'anna');
  expect(bert.errors).toEqual([]);
});

it('one who is turned away is told so, and may ask again', async () => {
  const meeting = await switchroom.rest.createMeeting({ lobby: true });
  await Promise.all([host(meeting), guest(meeting)]);
  await anna.page.getByRole('button', { name: 'Turn Bert away' }).click();
  await bert.page.getByRole('heading', { name: 'You were not let in' }).waitFor();
  await bert.page.getByRole('button', { name: 'Join again' }).click();
  await bert.page.getByRole('button', { name: 'Join', exact: true }).click();
  await bert.inLobby();
  await anna.page.getByRole('button', { name: 'Admit Bert' }).click();
  await bert.inRoom();
});

it('all are admitted at once; who muted in the lobby comes in muted', async () => {
  const meeting = await switchroom.rest.createMeeting({ lobby: true });
  const carls = { ...options('Carl', 'bert'), joinUrl: meeting.joinUrl };
  const [carl] = await Promise.all([
    BrowserParticipant.knock(carls),
    host(meeting),
    guest(meeting),
  ]);
  onTestFinished(() => carl.close());
  await bert.page.getByRole('button', { name: 'Mute', exact: true }).click();
  await anna.page.getByRole('button', { name: 'Admit all' }).click();
  await bert.inRoom();
  await carl.inRoom();
  await anna.tile('Bert').getByRole('img', { name: 'muted' }).waitFor();
  expect(await anna.tile('Carl').getByRole('img', { name: 'muted' }).count()).toBe(0);
  await bert.page.getByRole('button', { name: 'Unmute', exact: true }).waitFor();
});

it('whoever comes before the host goes in when the host comes', async () => {
  const meeting = await switchroom.rest.createMeeting({ waitForHost: true });
  await guest(meeting);
  await host(meeting);
  await bert.inRoom();
  await anna.tile('Bert').waitFor();
});
