import type { ConsentsView } from '@switchroom/protocol';
import { beforeAll, expect, it } from 'vitest';
import { tone } from '../support/audio/tones.ts';
import { BrowserParticipant } from '../support/browser/BrowserParticipant.ts';
import { eventually } from '../support/eventually.ts';
import { BaresipPhone } from '../support/phones/BaresipPhone.ts';
import { answersKeys, hearsPrompt, heardUntil } from '../support/phones/ivr.ts';
import { hears } from '../support/phones/meetingLine.ts';
import { childOf } from '../support/process/childOf.ts';
import { ADMIN, Switchroom } from '../support/Switchroom.ts';

/*
 * A host by browser and a caller agreed to a recording on demand; then the server is killed, and the recorders live on.
 */

const HOST = 440;
const CALLER = 620;

let switchroom: Switchroom;
let host: BrowserParticipant;
let caller: BaresipPhone;

beforeAll(async () => {
  switchroom = await Switchroom.start();
  return async () => {
    await Promise.all([host.close(), caller.close()]);
    await switchroom.stop();
  };
});

const button = (name: string) => host.page.getByRole('button', { name, exact: true });

it('what the host has recorded is recorded on, everybody is told so, and nobody is asked again', async () => {
  const meeting = await switchroom.rest.createMeeting({ entry: 'none', consent: 'required' });
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
  const before = await heardUntil(caller);
  await button('Record').click();
  await hearsPrompt(caller, 'consent-ask', { since: before });
  await answersKeys(caller, '1', 'consent-given');
  await button('I agree').click();
  await hears(caller, [HOST], [CALLER]);
  const former = new Set((await switchroom.rest.participants(meeting.id)).map(({ id }) => id));

  process.kill((await childOf(switchroom.pid!, 'server/src/main.ts'))!, 'SIGKILL');
  const back = await eventually(
    async () => {
      const all = await switchroom.rest.participants(meeting.id);
      const joined = all.filter(({ id, state }) => state === 'joined' && !former.has(id));
      return joined.length === 2 ? joined : undefined;
    },
    { what: 'both back in the meeting', within: 40_000 },
  );
  await button('Stop recording').waitFor();
  expect(await button('I agree').count()).toBe(0);
  await hears(caller, [HOST], [CALLER], 1.5);

  await button('Stop recording').click();
  const recordings = await eventually(
    async () => {
      const all = await switchroom.rest.recordings(meeting.id);
      return all.every(({ state }) => state === 'sealed') ? all : undefined;
    },
    { what: 'all that was recorded, sealed', within: 20_000 },
  );
  // The one that went on, or the one that was begun in its place.
  const path = `/recordings/${recordings[0]!.id}/consents`;
  const { consents } = (await switchroom.rest.raw('GET', path)).body as ConsentsView;
  const ids = back.map(({ id }) => id);
  expect(recordings[0]!.tracks.map(({ participantId }) => participantId)).toEqual(
    expect.arrayContaining(ids),
  );
  const agreed = consents.filter(({ participantId }) => ids.includes(participantId));
  expect(agreed.map(({ how }) => how).toSorted()).toEqual(
    expect.arrayContaining(['button', 'key']),
  );
});
