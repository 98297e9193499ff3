import { expect } from 'vitest';
import { tone } from '../support/audio/tones.ts';
import { BrowserParticipant } from '../support/browser/BrowserParticipant.ts';
import { eventually } from '../support/eventually.ts';
import { mistakeIn, TONES, type Party } from '../support/hearing.ts';
import { BaresipPhone } from '../support/phones/BaresipPhone.ts';
import { it } from '../support/sharedSwitchroom.ts';
import { ADMIN, type Switchroom } from '../support/Switchroom.ts';

const ACCOUNT = { email: ADMIN.ADMIN_EMAIL, password: ADMIN.ADMIN_PASSWORD };
const NUMBER = '+4930555123';
let switchroom: Switchroom;
let phone: BaresipPhone;
let token: string;
let joinUrl: string;
let anna: BrowserParticipant;
let bert: BrowserParticipant | undefined;

async function rest(method: string, path: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(`${switchroom.url}/api/v1${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}

it.beforeAll(async ({ switchroom: shared }) => {
  switchroom = shared;
  phone = await BaresipPhone.start({
    sound: tone({ frequency: TONES.baresip, seconds: 120 }),
    autoAnswer: true,
    user: NUMBER,
  });
  token = '';
  token = (await rest('POST', '/sessions', ACCOUNT))['token'] as string;
  await rest('POST', '/trunks', {
    name: 'Carrier',
    outbound: { uri: `sip:${phone.uri.split('@')[1] ?? ''}`, callerId: '+15550100' },
  });
  await rest('PUT', '/dial-out', { allowed: ['+49'] });
  ({ joinUrl } = await switchroom.rest.createMeeting());
  anna = await BrowserParticipant.join({
    name: 'Anna',
    joinUrl,
    account: ACCOUNT,
    microphone: tone({ frequency: TONES.anna, seconds: 10, sampleRate: 48_000 }),
  });
  return async () => {
    await anna.close();
    await bert?.close();
    await phone.close();
  };
});

async function dial(number: string, name: string): Promise<void> {
  await anna.chooseInMeeting('Call a phone');
  await anna.page.getByRole('textbox', { name: 'Phone number' }).fill(number);
  await anna.page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
  await anna.page.getByRole('button', { name: 'Call', exact: true }).click();
}

async function hears(who: BrowserParticipant, party: Party): Promise<void> {
  await eventually(
    async () => {
      const heard = [...(await who.heard(1)).values()];
      return heard.length === 1 && mistakeIn(heard[0], [party]) === undefined;
    },
    { what: `${who.name} hears ${party} and nobody else`, within: 20_000, every: 200 },
  );
}

it('a number that may not be called is refused in the dialog', async () => {
  await dial('+1 555 0100', 'Nobody');
  await anna.page.getByText('This number may not be called from here.').waitFor();
  await anna.page.keyboard.press('Escape');
  expect(await anna.tile('Nobody').count()).toBe(0);
});

it('a called phone waits for the key 1 on a tile, and then is a participant who is heard', async () => {
  await dial('+49 30 555-123', 'Dora');
  await anna.tile('Dora').getByText('waiting for 1').waitFor({ timeout: 20_000 });
  expect(await anna.heard(0.5)).toEqual(new Map());
  await phone.key('1');
  await anna.tile('Dora').getByText('by phone').waitFor({ timeout: 20_000 });
  expect(await anna.tile('Dora').count()).toBe(1);
  await hears(anna, 'baresip');
  await anna.choose('Dora', 'Remove');
  await anna.page.getByRole('button', { name: 'Remove', exact: true }).click();
  await anna.tile('Dora').waitFor({ state: 'detached' });
});

it('a call that is cancelled leaves no tile', async () => {
  await dial('+4930555123', 'Dora');
  await anna.tile('Dora').getByText('waiting for 1').waitFor({ timeout: 20_000 });
  await anna.page.getByRole('button', { name: 'Cancel the call to Dora' }).click();
  await anna.tile('Dora').waitFor({ state: 'detached' });
});

it('"call me" moves the sound to the phone and back, and stays one participant', async () => {
  bert = await BrowserParticipant.join({
    name: 'Bert',
    joinUrl,
    microphone: tone({ frequency: TONES.bert, seconds: 10, sampleRate: 48_000 }),
  });
  await hears(bert, 'anna');
  await anna.chooseInMeeting('Use my phone for audio');
  await anna.page.getByLabel('Your phone number').fill('+4930555123');
  await anna.page.getByRole('button', { name: 'Call me' }).click();
  await anna.page.getByText('Press 1 on your phone.').waitFor({ timeout: 20_000 });
  await phone.key('1');
  await anna.page.getByText('You speak and hear by phone.').waitFor({ timeout: 20_000 });
  await bert.tile('Anna').getByText('audio by phone').waitFor();
  await hears(bert, 'baresip');
  expect(await anna.audible()).toEqual([]);
  await anna.page.getByRole('button', { name: 'Mute', exact: true }).click();
  await bert.tile('Anna').getByRole('img', { name: 'muted' }).waitFor();
  await anna.page.getByRole('button', { name: 'Unmute', exact: true }).click();
  await bert.tile('Anna').getByRole('img', { name: 'muted' }).waitFor({ state: 'detached' });

  // The page is loaded anew: the phone stays, and she is the same participant.
  await anna.page.reload();
  await anna.rejoin();
  await anna.page.getByText('You speak and hear by phone.').waitFor({ timeout: 20_000 });
  await hears(bert, 'baresip');

  await anna.page.getByRole('button', { name: 'Back to this device' }).click();
  await anna.page.getByText('You speak and hear by phone.').waitFor({ state: 'detached' });
  await hears(bert, 'anna');
  await hears(anna, 'bert');
  const people = bert.page.getByRole('list', { name: 'Participants' }).getByRole('listitem');
  expect(await people.count()).toBe(2);
  expect([...anna.errors, ...bert.errors]).toEqual([]);
});
