import { afterEach, expect } from 'vitest';
import { concatenate, slice, type Sound } from '../../support/audio/Sound.ts';
import { silence, tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { firstHeard, hearsPrompt, heardUntil } from '../../support/phones/ivr.ts';
import { membersOf, openLine } from '../../support/phones/meetingLine.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

/** What is said at the tone for a name, Hz, for how long, s. */
const NAME = 910;
const SPEAKS = 8;
/** Of the tone to speak after, Hz, and of the two notes of who comes; who goes has them the other way round. */
const BEEP = 1000;
const [LOW, HIGH] = [523.25, 784];

/** A tone is louder, and no one pitch of the prompts is, dBFS. */
const LOUD_DB = -24;

let switchroom: Switchroom;
const phones: BaresipPhone[] = [];

it.beforeAll(({ switchroom: shared }) => {
  switchroom = shared;
});

afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.close()));
});

async function caller(uri: string, sound: Sound): Promise<BaresipPhone> {
  const phone = await BaresipPhone.start({ sound });
  phones.push(phone);
  await phone.dial(uri);
  return phone;
}

/** Waits for a tone in what a phone hears from `since` on; gives where, s. */
async function hearsTone(phone: BaresipPhone, hz: number, since: number): Promise<number> {
  return eventually(
    async () => {
      const at = firstHeard(slice(await phone.heard(), since), hz, LOUD_DB);
      return at === undefined ? undefined : at + since;
    },
    { what: `${hz} Hz on a phone`, every: 100 },
  );
}

/** Says a name of about a second, and hears it played back. */
async function sayName(phone: BaresipPhone, since: number): Promise<number> {
  await hearsPrompt(phone, 'say-name', { since });
  // Whoever knows the prompt goes straight to the tone.
  await phone.key('#');
  const beep = await hearsTone(phone, BEEP, since);
  await eventually(async () => (await heardUntil(phone)) > beep + 1.2, { what: 'a name said' });
  await phone.key('#');
  const reviewed = await hearsPrompt(phone, 'you-said', { since: beep });
  return hearsTone(phone, NAME, reviewed);
}

it('a name is said, heard, said again, and the others hear it as its caller comes in', async () => {
  const line = await openLine(switchroom, { entry: 'roll-call' });
  const listener = await caller(line.uri, silence(60));
  // Who says nothing is asked once more, and is let in without a name.
  await hearsPrompt(listener, 'say-name');
  await listener.key('#');
  await hearsTone(listener, BEEP, 0);
  await listener.key('#');
  const again = await hearsPrompt(listener, 'name-not-heard');
  await listener.key('#');
  await hearsTone(listener, BEEP, again);
  await listener.key('#');
  await membersOf(switchroom, line, 1);

  const sound = concatenate([tone({ frequency: NAME, seconds: SPEAKS }), silence(60)]);
  const speaker = await caller(line.uri, sound);
  const heard = await sayName(speaker, 0);
  await speaker.key('2');
  await sayName(speaker, heard);
  // From now on it is silent: what is heard of it is its name alone.
  await eventually(async () => (await heardUntil(speaker)) > SPEAKS, { what: 'its silence' });
  await membersOf(switchroom, line, 1);
  const before = await heardUntil(listener);
  await speaker.key('1');
  await membersOf(switchroom, line, 2);

  const [low, high] = [
    await hearsTone(listener, LOW, before),
    await hearsTone(listener, HIGH, before),
  ];
  const name = await hearsTone(listener, NAME, before);
  expect(low).toBeLessThan(high);
  expect(high).toBeLessThan(name);
  await eventually(async () => (await heardUntil(listener)) > name + 2.2, {
    what: 'the name told',
  });
  const after = slice(await listener.heard(), name + 1.7);
  expect(firstHeard(after, NAME, -45), 'the name is told once').toBeUndefined();

  // Who asks who is here hears it again.
  const asked = await heardUntil(listener);
  await listener.key('*3');
  await hearsPrompt(listener, 'there-are', { since: asked });
  await hearsTone(listener, NAME, asked);
});

it('where there is no roll-call, two notes tell who comes and who goes', async () => {
  const line = await openLine(switchroom, { entry: 'tones' });
  const listener = await caller(line.uri, silence(60));
  await membersOf(switchroom, line, 1);
  const before = await heardUntil(listener);
  const other = await caller(line.uri, silence(60));
  const [low, high] = [
    await hearsTone(listener, LOW, before),
    await hearsTone(listener, HIGH, before),
  ];
  expect(low).toBeLessThan(high);
  await eventually(async () => (await heardUntil(listener)) > high + 1.2, { what: 'silence' });
  const meanwhile = await heardUntil(listener);
  await other.close();
  const [first, second] = [
    await hearsTone(listener, HIGH, meanwhile),
    await hearsTone(listener, LOW, meanwhile),
  ];
  expect(first).toBeLessThan(second);
});
