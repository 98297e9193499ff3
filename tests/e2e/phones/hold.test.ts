import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CreateMeeting, RecordingAction } from '@switchroom/protocol';
import { afterEach, describe, expect } from 'vitest';
import type { Manifest } from '../../../recordings/src/format/manifest.ts';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { hearsPrompt } from '../../support/phones/ivr.ts';
import { hears, membersOf, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { offer, request, WAIT } from '../../support/phones/sippScenario.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

const MUSIC = 440;
const LISTENER = 910;
const TYPE = 'Content-Type: application/sdp\n';
const OK = '<recv response="200"/>';

let switchroom: Switchroom;
let line: MeetingLine;
let listener: BaresipPhone;
const phones: { close(): Promise<void> }[] = [];

it.beforeAll(({ switchroom: shared }) => {
  switchroom = shared;
});

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

async function withListener(meeting: CreateMeeting = {}): Promise<void> {
  line = await openLine(switchroom, meeting);
  listener = await BaresipPhone.start({ sound: tone({ frequency: LISTENER, seconds: 60 }) });
  phones.push(listener);
  await listener.dial(line.uri);
  await membersOf(switchroom, line, 1);
}

/** One message that changes the direction, and what SIPp does about its answer. */
const CHANGES = {
  're-INVITE': (direction: string, version: number) => [
    request('INVITE', '[next_url]', TYPE, offer(direction, version)),
    '<recv response="100" optional="true"/>',
    OK,
    request('ACK', '[next_url]', ''),
  ],
  UPDATE: (direction: string, version: number) => [
    request('UPDATE', '[next_url]', TYPE, offer(direction, version)),
    OK,
  ],
};

describe('a phone that holds the call and plays music all the time', () => {
  it.each(Object.entries(CHANGES))(
    'by %s is not heard until it resumes, and hears the meeting again',
    async (_name, change) => {
      await withListener();
      const steps = [WAIT, ...change('sendonly', 2), WAIT, ...change('sendrecv', 3)];
      const sound = tone({ frequency: MUSIC, seconds: 60 });
      const holder = await SippPhone.dial({ uri: line.uri, sound, scenario: { steps } });
      phones.unshift(holder);
      await hears(listener, [MUSIC], [LISTENER]);
      await hears(holder, [LISTENER], [MUSIC]);

      await holder.proceed();
      await hears(listener, [], [MUSIC, LISTENER], 1.5);
      await nothingArrives(holder);

      await holder.proceed();
      await hears(listener, [MUSIC], [LISTENER]);
      await hears(holder, [LISTENER], [MUSIC]);
    },
  );

  it('hears on coming back what was to be told meanwhile', async () => {
    await withListener({ recording: 'on-demand' });
    const change = CHANGES['re-INVITE'];
    const steps = [WAIT, ...change('sendonly', 2), WAIT, ...change('sendrecv', 3)];
    const sound = tone({ frequency: MUSIC, seconds: 60 });
    const holder = await SippPhone.dial({ uri: line.uri, sound, scenario: { steps } });
    phones.unshift(holder);
    await hears(holder, [LISTENER], [MUSIC]);
    await holder.proceed();
    await nothingArrives(holder);
    await record('start');
    // Who is there hears it by now.
    await hearsPrompt(listener, 'recording-on');
    await nothingArrives(holder);
    await holder.proceed();
    await hearsPrompt(holder, 'recording-on');
  });

  it('a baresip that holds and resumes does so too', async () => {
    await withListener();
    const holder = await BaresipPhone.start({ sound: tone({ frequency: MUSIC, seconds: 60 }) });
    phones.unshift(holder);
    await holder.dial(line.uri);
    await hears(listener, [MUSIC], [LISTENER]);
    await holder.hold(true);
    await hears(listener, [], [MUSIC, LISTENER], 1.5);
    await holder.hold(false);
    await hears(listener, [MUSIC], [LISTENER]);
    await hears(holder, [LISTENER], [MUSIC]);
  });
});

describe('a recording of a phone that holds the call', () => {
  it('tells so, also where it was on hold before, and what was exported is verified', async () => {
    await withListener({ recording: 'on-demand' });
    const holder = await BaresipPhone.start({ sound: tone({ frequency: MUSIC, seconds: 60 }) });
    phones.unshift(holder);
    await holder.dial(line.uri);
    await membersOf(switchroom, line, 2);
    await hold(holder, true);
    await record('start');
    for (const on of [false, true, false]) await hold(holder, on);
    const held = (await switchroom.rest.participants(line.meetingId)).at(-1)!;
    await record('stop');

    const { participants, timeline } = await exportedManifest();
    expect(participants).toHaveLength(2);
    const events = timeline.filter(({ participantId }) => participantId === held.id);
    expect(events.map(({ event }) => event)).toEqual([
      ...['joined', 'held', 'resumed', 'held', 'resumed'],
    ]);
    // On hold as it began; the rest is in the order in which it happened.
    expect(events[1]!.atMs).toBeLessThan(1000);
    expect(events.map(({ atMs }) => atMs)).toEqual(
      events.map(({ atMs }) => atMs).sort((a, b) => a - b),
    );
  });
});

/** Holds or resumes, until the server knows. */
async function hold(phone: BaresipPhone, on: boolean): Promise<void> {
  await phone.hold(on);
  await eventually(
    async () =>
      (await switchroom.rest.participants(line.meetingId)).some(({ held }) => held) === on,
    { what: on ? 'the hold' : 'the end of the hold' },
  );
}

async function record(action: RecordingAction): Promise<void> {
  const path = `/meetings/${line.meetingId}/recording`;
  const { status } = await switchroom.rest.raw('POST', path, { action });
  expect(status).toBeLessThan(300);
}

/** Of the meeting's only recording, whose export was found good. */
async function exportedManifest(): Promise<Manifest> {
  const recording = await eventually(
    async () =>
      (await switchroom.rest.recordings(line.meetingId)).find(({ state }) => state === 'sealed'),
    { what: 'the sealed recording', within: 30_000 },
  );
  const file = join(switchroom.dataDir, 'export.zip');
  const zip = await switchroom.rest.export(recording.id);
  await writeFile(file, zip);
  const verify = join(import.meta.dirname, '../../../scripts/verify.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [verify, file]);
  expect(stdout).toMatch(/^ok: recording/);
  // It is in there as plain text.
  const [manifest] = /\{\n {2}"type": "switchroom-manifest"[^]*?\n\}\n/.exec(zip.toString()) ?? [];
  return JSON.parse(manifest!) as Manifest;
}

/** Who said `sendonly` is sent nothing: no packet for half a second. */
async function nothingArrives(phone: SippPhone): Promise<void> {
  let count = -1;
  await eventually(
    () => {
      const before = count;
      count = phone.capture.received().length;
      return before === count;
    },
    { what: 'no more packets', every: 500 },
  );
}
