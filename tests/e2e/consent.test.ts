import type { ConsentsView, MeetingView, RecordingView } from '@switchroom/protocol';
import { RECORDING_WORDS } from '@switchroom/protocol';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { levelAt } from '../support/audio/goertzel.ts';
import { decodeOggOpus } from '../support/audio/oggOpus.ts';
import { slice, type Sound } from '../support/audio/Sound.ts';
import { tone } from '../support/audio/tones.ts';
import { BrowserParticipant } from '../support/browser/BrowserParticipant.ts';
import { eventually } from '../support/eventually.ts';
import { BaresipPhone } from '../support/phones/BaresipPhone.ts';
import { answersKeys, hearsPrompt, heardUntil } from '../support/phones/ivr.ts';
import { hears } from '../support/phones/meetingLine.ts';
import { it } from '../support/sharedSwitchroom.ts';
import { ADMIN, type Switchroom } from '../support/Switchroom.ts';

/* A host by browser and a caller, recorded once both agreed, and paused for a while. */

const HOST = 440;
const CALLER = 620;
/** What of a voice may reach into a pause at its ends, s. */
const EDGE = 0.05;

let switchroom: Switchroom;
let meeting: MeetingView;
let host: BrowserParticipant;
let caller: BaresipPhone;

it.beforeAll(async ({ switchroom: shared }) => {
  switchroom = shared;
  meeting = await switchroom.rest.createMeeting({ entry: 'none', consent: 'required' });
  host = await BrowserParticipant.join({
    name: 'Host',
    joinUrl: meeting.joinUrl,
    microphone: tone({ frequency: HOST, seconds: 10, sampleRate: 48_000 }),
    account: { email: ADMIN.ADMIN_EMAIL, password: ADMIN.ADMIN_PASSWORD },
  });
  caller = await BaresipPhone.start({ sound: tone({ frequency: CALLER, seconds: 120 }) });
  await caller.dial(meeting.dialIn[0]!.sipUri);
  await caller.key(`${meeting.pin}#`);
  await hears(caller, [HOST], [CALLER]);
  return () => Promise.all([host.close(), caller.close()]);
});

const button = (name: string) => host.page.getByRole('button', { name, exact: true });

it('nobody is heard or recorded before they agree, each in their own way', async () => {
  const before = await heardUntil(caller);
  await button('Record').click();
  await host.page.getByText(RECORDING_WORDS.en.required).waitFor();
  await hearsPrompt(caller, 'consent-ask', { since: before });
  await host.page.getByText('has not agreed yet').first().waitFor();
  await shoot('asked');
  await answersKeys(caller, '1', 'consent-given');
  await hears(caller, [], [HOST, CALLER], 1.5);
  await button('I agree').click();
  await hears(caller, [HOST], [CALLER]);
  await expect.poll(() => host.page.getByText('has not agreed yet').count()).toBe(0);
});

it('what is said in a pause is in no track and not in the mix; all else is', async () => {
  await delay(1500);
  const before = await heardUntil(caller);
  await button('Pause recording').click();
  await host.page.getByText('Paused', { exact: true }).waitFor();
  await hearsPrompt(caller, 'recording-paused', { since: before });
  await shoot('paused');
  await delay(1500);
  await button('Resume recording').click();
  await button('Pause recording').waitFor();
  await hearsPrompt(caller, 'recording-resumed', { since: before });
  // What is looked at after the pause.
  await delay(1000);
  await button('Stop recording').click();
  const recording = await eventually(
    async () => {
      const [found] = await switchroom.rest.recordings(meeting.id);
      return found?.state === 'sealed' ? found : undefined;
    },
    { what: 'the sealed recording', within: 20_000 },
  );
  const path = `/recordings/${recording.id}/consents`;
  const { consents, pauses } = (await switchroom.rest.raw('GET', path)).body as ConsentsView;
  expect(consents.map(({ how }) => how).toSorted()).toEqual(['button', 'key', 'shown']);
  expect(pauses).toHaveLength(1);
  const { fromMs, toMs, by } = pauses[0]!;
  expect(by).toMatchObject({ kind: 'user', name: ADMIN.ADMIN_EMAIL });
  expect(toMs! - fromMs).toBeGreaterThan(2000);
  const pause = { from: fromMs / 1000, to: toMs! / 1000 };
  expect(recording.tracks).toHaveLength(2);
  for (const { id, startMs, kind } of recording.tracks) {
    const sound = await decodeOggOpus(await switchroom.rest.audio(recording.id, id));
    isSilentOnlyIn(sound, pause, startMs / 1000, [kind === 'phone' ? CALLER : HOST]);
  }
  isSilentOnlyIn(await decodeOggOpus(await switchroom.rest.audio(recording.id)), pause, 0, [
    HOST,
    CALLER,
  ]);
});

it('says nothing in the console', () => {
  expect(host.errors).toEqual([]);
});

/** For who wants to look at the screens: into the folder SCREENSHOTS. */
async function shoot(what: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder === undefined) return;
  for (const width of [360, 1440]) {
    await host.page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await host.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await host.page.screenshot({ path: `${folder}/${what}-${width}-${colorScheme}.png` });
    }
  }
}

/** `startsAt`: where the sound begins on the recording's clock, s. */
function isSilentOnlyIn(
  sound: Sound,
  { from, to }: { from: number; to: number },
  startsAt: RecordingView['tracks'][number]['startMs'],
  tones: readonly number[],
): void {
  const part = (a: number, b: number): Sound => slice(sound, a - startsAt, b - startsAt);
  const { samples } = part(from + EDGE, to - EDGE);
  expect(samples.length).toBeGreaterThan(sound.sampleRate);
  expect(samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0)).toBeLessThan(40);
  for (const hertz of tones) {
    expect(levelAt(part(from - 0.6, from - 0.1), hertz)).toBeGreaterThan(-35);
    expect(levelAt(part(to + 0.2, to + 0.7), hertz)).toBeGreaterThan(-35);
  }
}
