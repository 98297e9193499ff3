import { afterEach, expect } from 'vitest';
import type { MeetingView } from '@switchroom/protocol';
import { levelAt, loudness } from '../../support/audio/goertzel.ts';
import { promptIn } from '../../support/audio/prompts.ts';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { SfuWire } from '../../support/net/SfuWire.ts';
import { BaresipPhone } from '../../support/phones/BaresipPhone.ts';
import { answersKeys, firstHeard, hearsPrompt, heardUntil } from '../../support/phones/ivr.ts';
import { hears, membersOf, openLine, type MeetingLine } from '../../support/phones/meetingLine.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { it } from '../../support/sharedSwitchroom.ts';
import type { Switchroom } from '../../support/Switchroom.ts';

/** What who waits says, and the host: not in the waiting music, nor among its overtones, Hz. */
const WAITING = 2120;
const HOST = 2860;
/** Nothing is there, dBFS: codecs and the music leave traces. */
const SILENT_DB = -50;

let switchroom: Switchroom;
let wire: SfuWire;
const phones: { close(): Promise<void> }[] = [];

it.beforeAll(async ({ switchroom: shared }) => {
  switchroom = shared;
  wire = await SfuWire.start(switchroom);
  return () => wire.stop();
});

afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.close()));
});

async function waiting(line: MeetingLine): Promise<SippPhone> {
  const sound = tone({ frequency: WAITING, seconds: 90 });
  const phone = await SippPhone.dial({ uri: line.uri, sound });
  phones.unshift(phone);
  await hearsPrompt(phone, 'lobby-wait');
  await hearsPrompt(phone, 'waiting-music', { language: 'sounds' });
  return phone;
}

/** A moderator's phone, by the second PIN. */
async function host({ dialIn, moderatorPin }: MeetingView): Promise<BaresipPhone> {
  const phone = await BaresipPhone.start({ sound: tone({ frequency: HOST, seconds: 90 }) });
  phones.unshift(phone);
  await phone.dial(dialIn[0]!.sipUri);
  await phone.key(`${moderatorPin}#`);
  return phone;
}

const now = (): number => Date.now() / 1000;
const seconds = async (since: number, length: number): Promise<void> => {
  await eventually(() => now() > since + length, { what: `${length} s` });
};
const lobby = async (line: MeetingLine) =>
  (await switchroom.rest.participants(line.meetingId)).filter(({ state }) => state === 'lobby');

it('a phone in the lobby: nothing goes either way, until a moderator presses *2', async () => {
  // Recorded: for phones alone nothing would be sent to the SFU at all.
  const line = await openLine(switchroom, { lobby: true, recording: 'always' });
  const meeting = await switchroom.rest.meeting(line.meetingId);
  const phone = await waiting(line);
  expect(await lobby(line)).toHaveLength(1);

  // Alone: it speaks, a packet every 20 ms, and the SFU gets none of it.
  const alone = now();
  await seconds(alone, 1.5);
  const sent = phone.capture.sent().filter(({ time }) => time >= alone);
  expect(sent.length).toBeGreaterThan(60);
  expect(wire.streams(alone)).toEqual(new Map());

  // With a host in the room: the host's stream is there, and no other.
  const moderator = await host(meeting);
  await membersOf(switchroom, line, 1);
  await hearsPrompt(moderator, 'somebody-waiting');
  // A key ends that.
  await moderator.key('5');
  const isQuiet = async () => loudness(await moderator.heard(0.5)) < SILENT_DB;
  await eventually(isQuiet, { what: 'silence for the host' });
  const together = now();
  const from = await heardUntil(moderator);
  await seconds(together, 2.5);
  const streams = [...wire.streams(together).values()];
  expect(streams).toHaveLength(1);
  expect(streams[0]).toBeGreaterThan(50);
  const received = phone.capture.received().filter(({ time }) => time >= together);
  // As many packets as of a call that is up: music, and nothing else in it.
  expect(received.length).toBeGreaterThan(100);
  expect(levelAt(phone.heard(2), HOST)).toBeLessThan(SILENT_DB);
  const inRoom = await moderator.heard((await heardUntil(moderator)) - from);
  expect(firstHeard(inRoom, WAITING, SILENT_DB)).toBeUndefined();

  await answersKeys(moderator, '*2', 'let-in');
  await hearsPrompt(phone, 'admitted');
  await membersOf(switchroom, line, 2);
  await hears(moderator, [WAITING], [HOST]);
  await hears(phone, [HOST], [WAITING]);
  expect(await promptIn(phone.heard(2), 'waiting-music', 'sounds')).toBeUndefined();
  const open = now();
  await seconds(open, 1);
  expect(wire.streams(open).size).toBe(2);
});

it('music until the host comes, and then in; a second one is let in over REST, a third turned away', async () => {
  const line = await openLine(switchroom, { waitForHost: true, recording: 'off' });
  const meeting = await switchroom.rest.meeting(line.meetingId);
  const phone = await waiting(line);
  const moderator = await host(meeting);
  await hearsPrompt(phone, 'admitted');
  const together = now();
  await hears(moderator, [WAITING], [HOST]);
  await hears(phone, [HOST], [WAITING]);
  // Nobody is there but phones: they hear each other without the SFU.
  expect(wire.streams(together)).toEqual(new Map());

  await switchroom.rest.raw('PATCH', `/meetings/${line.meetingId}`, { lobby: true });
  const [second, third] = await Promise.all([waiting(line), waiting(line)]);
  const paths = (await lobby(line)).map(
    ({ id }) => `/meetings/${line.meetingId}/participants/${id}`,
  );
  const admitted = await switchroom.rest.raw('PATCH', paths[0]!, { admitted: true });
  expect(admitted.status).toBe(200);
  await switchroom.rest.raw('DELETE', paths[1]!);
  // Whichever of them came first.
  const isIn = await promptWithin(second, 'admitted');
  const [inside, outside] = isIn ? [second, third] : [third, second];
  await hearsPrompt(inside, 'admitted');
  await hears(inside, [HOST], []);
  await hearsPrompt(outside, 'goodbye');
  await outside.ended();
});

/** Whether a prompt is heard in a while. */
async function promptWithin(phone: SippPhone, prompt: string): Promise<boolean> {
  return hearsPrompt(phone, prompt, { within: 2000 }).then(
    () => true,
    () => false,
  );
}
