import { afterAll, expect } from 'vitest';
import type { ParticipantView } from '@switchroom/protocol';
import { promptIn } from '../../support/audio/prompts.ts';
import { duration, slice } from '../../support/audio/Sound.ts';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

let switchroom: Switchroom;
let phone: BaresipPhone;

it.beforeAll(async ({ switchroom: shared }) => {
  switchroom = shared;
  phone = await BaresipPhone.start({ sound: tone({ frequency: 440, seconds: 120 }) });
});
afterAll(() => phone.close());

/** Presses keys and waits until they are answered by this prompt, in Spanish. */
async function answered(keys: string, prompt: string): Promise<void> {
  const before = duration(await phone.heard());
  await phone.key(keys);
  await eventually(
    async () =>
      promptIn(slice(await phone.heard(), before), prompt, 'es').then((at) => at !== undefined),
    { what: `the prompt "${prompt}" after ${keys}`, every: 300 },
  );
}

it('a caller takes Spanish, and in the meeting mutes, raises the hand and asks who is here', async () => {
  const { id, pin } = await switchroom.rest.createMeeting();
  const caller = async (): Promise<ParticipantView | undefined> =>
    (await switchroom.rest.participants(id))[0];
  await phone.dial(`sip:+15550100@${switchroom.sipAddress}`);
  await answered('*2', 'enter-pin');
  await phone.key(`${pin}#`);
  await eventually(async () => (await caller())?.state === 'joined', { what: 'the phone in' });

  await answered('*6', 'muted');
  expect(await caller()).toMatchObject({ muted: true, handRaised: false });
  await answered('*9', 'hand-raised');
  expect(await caller()).toMatchObject({ muted: true, handRaised: true });
  await answered('*3', 'alone');
  await answered('*0', 'help');
  await answered('*6', 'unmuted');
  expect(await caller()).toMatchObject({ muted: false, handRaised: true });
});
