import type { ParticipantView, RecordingView, TimelineView } from '@switchroom/protocol';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { levelAt } from '../../support/audio/goertzel.ts';
import { decodeOggOpus } from '../../support/audio/oggOpus.ts';
import type { Sound } from '../../support/audio/Sound.ts';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { hearsPrompt } from '../../support/phones/ivr.ts';
import { hears, membersOf, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { offer, request, WAIT } from '../../support/phones/sippScenario.ts';
import { childOf } from '../../support/process/childOf.ts';
import { Switchroom } from '../../support/Switchroom.ts';

/*
 * A phone has the call on hold, and plays music into it all the time; then the server is killed. The call itself, and
 * that it is on hold, is known to sip-dialin alone, which lives on.
 */

const MUSIC = 440;
const LISTENER = 910;
const TYPE = 'Content-Type: application/sdp\n';
/** What a tone leaves behind in codecs and mixes, dBFS. */
const SILENT_DB = -52;
/** A block of sound that is looked at by itself, s. */
const BLOCK = 0.2;

let switchroom: Switchroom;
let line: MeetingLine;
const phones: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  switchroom = await Switchroom.start();
  return () => switchroom.stop();
});
afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

const reinvite = (direction: string, version: number): string[] => [
  request('INVITE', '[next_url]', TYPE, offer(direction, version)),
  '<recv response="100" optional="true"/>',
  '<recv response="200"/>',
  request('ACK', '[next_url]', ''),
];

const participants = (): Promise<ParticipantView[]> => switchroom.rest.participants(line.meetingId);

/** Waits until one is on hold, or nobody is. */
async function held(on: boolean): Promise<void> {
  const what = on ? 'the hold' : 'the end of the hold';
  await eventually(async () => (await participants()).some((one) => one.held) === on, { what });
}

async function record(action: 'start' | 'stop'): Promise<void> {
  const path = `/meetings/${line.meetingId}/recording`;
  expect((await switchroom.rest.raw('POST', path, { action })).status).toBeLessThan(300);
}

/** The loudest that a tone is anywhere in a sound, dBFS; a moment of it is enough. */
function loudest(sound: Sound, hertz: number): number {
  const size = Math.round(BLOCK * sound.sampleRate);
  let most = -Infinity;
  for (let at = 0; at + size <= sound.samples.length; at += size / 2) {
    const samples = sound.samples.subarray(at, at + size);
    most = Math.max(most, levelAt({ ...sound, samples }, hertz));
  }
  return most;
}

function part({ sampleRate, samples }: Sound, fromMs: number, toMs: number): Sound {
  const at = (ms: number): number => Math.max(0, Math.round((ms * sampleRate) / 1000));
  return { sampleRate, samples: samples.subarray(at(fromMs), at(toMs)) };
}

it('it is shown as held, its music stays out, it resumes, and the recording tells it once', async () => {
  line = await openLine(switchroom, { recording: 'on-demand' });
  const listener = await BaresipPhone.start({
    sound: tone({ frequency: LISTENER, seconds: 120 }),
  });
  phones.push(listener);
  await listener.dial(line.uri);
  await membersOf(switchroom, line, 1);
  const steps = [WAIT, ...reinvite('sendonly', 2), WAIT, ...reinvite('sendrecv', 3)];
  const sound = tone({ frequency: MUSIC, seconds: 120 });
  const holder = await SippPhone.dial({ uri: line.uri, sound, scenario: { steps } });
  phones.unshift(holder);
  await hears(listener, [MUSIC], [LISTENER]);
  await record('start');
  // On hold it would wait until it is said.
  await hearsPrompt(holder, 'recording-on');
  await hears(listener, [MUSIC], [LISTENER]);
  await holder.proceed();
  await held(true);
  await hears(listener, [], [MUSIC, LISTENER], 1.5);
  const former = new Set((await participants()).map(({ id }) => id));

  const killedAt = performance.now();
  process.kill((await childOf(switchroom.pid!, 'server/src/main.ts'))!, 'SIGKILL');
  const back = await eventually(
    async () => {
      const joined = (await participants()).filter(
        ({ id, state }) => state === 'joined' && !former.has(id),
      );
      return joined.length === 2 ? joined : undefined;
    },
    { what: 'both back in the meeting', within: 40_000 },
  );
  await held(true);
  const onHold = (await participants()).filter((one) => one.held);
  expect(onHold.map(({ id }) => back.some((one) => one.id === id))).toEqual([true]);
  const id = onHold[0]!.id;
  const trackOf = (recording: RecordingView) =>
    recording.tracks.find(({ participantId }) => participantId === id);
  // A recorder comes back after the phones do: what they did before that, nobody was left to note.
  await eventually(
    async () =>
      (await switchroom.rest.recordings(line.meetingId)).some(
        (one) => one.state === 'recording' && trackOf(one),
      ),
    { what: 'a recording of who came back', within: 20_000 },
  );
  await hears(listener, [], [MUSIC, LISTENER], 1.5);
  // Not for a moment either: from before the server died to now.
  const all = await listener.heard((performance.now() - killedAt) / 1000);
  expect(loudest(all, MUSIC)).toBeLessThan(SILENT_DB);

  await holder.proceed();
  await held(false);
  await hears(listener, [MUSIC], [LISTENER], 1.5);
  await hears(holder, [LISTENER], [MUSIC]);
  await record('stop');

  const recordings = await eventually(
    async () => {
      const found = await switchroom.rest.recordings(line.meetingId);
      return found.every(({ state }) => state === 'sealed') ? found : undefined;
    },
    { what: 'all that was recorded, sealed', within: 30_000 },
  );
  await toldOnce(recordings.find(trackOf)!, id, former);
});

/** Of a recording: its timeline has the hold of who came back once, and their track no music before they resumed. */
async function toldOnce(recording: RecordingView, id: string, former: ReadonlySet<string>) {
  const path = `/recordings/${recording.id}/timeline`;
  const { events } = (await switchroom.rest.raw('GET', path)).body as TimelineView;
  const own = events.filter(({ participantId }) => participantId === id);
  expect(own.map(({ event }) => event)).toEqual(['joined', 'held', 'resumed']);
  // Who they were before is gone, if it is that recording: their hold ended as they left.
  const before = events.filter(
    ({ participantId, event }) => former.has(participantId) && /held|resumed|left/.test(event),
  );
  expect(['', 'held left left']).toContain(before.map(({ event }) => event).join(' '));
  const track = recording.tracks.find(({ participantId }) => participantId === id)!;
  const sound = await decodeOggOpus(await switchroom.rest.audio(recording.id, track.id));
  const resumedMs = own.at(-1)!.atMs - track.startMs;
  expect(loudest(part(sound, 0, resumedMs - 300), MUSIC)).toBeLessThan(SILENT_DB);
  expect(levelAt(part(sound, resumedMs + 300, Infinity), MUSIC)).toBeGreaterThan(-32);
}
