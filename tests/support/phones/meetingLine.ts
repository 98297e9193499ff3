import { randomInt } from 'node:crypto';
import type { CreateMeeting } from '@switchroom/protocol';
import { levelAt } from '../audio/goertzel.ts';
import { duration, type Sound } from '../audio/Sound.ts';
import { eventually } from '../eventually.ts';
import type { Switchroom } from '../Switchroom.ts';

/** What is heard is at least this loud, dBFS: tones are sent at -12, and levelled to about -19. */
const AUDIBLE_DB = -32;
/** What is not heard is at most this loud: codecs and mixing leave traces. */
const SILENT_DB = -52;

export interface MeetingLine {
  meetingId: string;
  pin: string;
  /** `sip:number@address`: leads straight into the meeting, without a PIN. */
  uri: string;
  number: string;
}

/** A meeting, without tones as people come and go, and a number that leads straight into it. */
export async function openLine(
  switchroom: Switchroom,
  meeting: CreateMeeting = {},
): Promise<MeetingLine> {
  const { id, pin } = await switchroom.rest.createMeeting({ entry: 'none', ...meeting });
  const number = `+1555${randomInt(1_000_000, 10_000_000)}`;
  const { status } = await switchroom.rest.raw('POST', '/dids', { number, meetingId: id });
  if (status !== 201) throw new Error(`The number was not made: ${status}`);
  return { meetingId: id, pin, number, uri: `sip:${number}@${switchroom.sipAddress}` };
}

/** Waits until so many are in the meeting. */
export async function membersOf(
  switchroom: Switchroom,
  { meetingId }: Pick<MeetingLine, 'meetingId'>,
  count: number,
): Promise<void> {
  await eventually(
    async () => {
      const all = await switchroom.rest.participants(meetingId);
      return all.filter(({ state }) => state === 'joined').length === count;
    },
    { what: `${count} in the meeting` },
  );
}

/** What is wrong with a sound in which these tones are, and those are not; undefined when nothing is. */
export function wrongTones(
  sound: Sound,
  wanted: readonly number[],
  unwanted: readonly number[],
): string | undefined {
  if (duration(sound) < 0.5) return 'there is hardly any sound';
  const level = (hz: number): string => `${hz} Hz ${levelAt(sound, hz).toFixed(1)} dB`;
  const missing = wanted.filter((hz) => levelAt(sound, hz) < AUDIBLE_DB);
  const there = unwanted.filter((hz) => levelAt(sound, hz) > SILENT_DB);
  if (missing.length + there.length === 0) return undefined;
  return `missing: ${missing.map(level).join(', ')}; not wanted: ${there.map(level).join(', ')}`;
}

export interface Ear {
  readonly name: string;
  /** For who wonders why it does not hear. */
  readonly story?: string;
  heard(seconds?: number): Sound | Promise<Sound>;
}

/** Waits for `seconds` of sound on a phone in which all these tones are and none of those. */
export async function hears(
  ear: Ear,
  wanted: readonly number[],
  unwanted: readonly number[],
  seconds = 1,
): Promise<void> {
  await eventually(
    async () => {
      const wrong = wrongTones(await ear.heard(seconds), wanted, unwanted);
      if (wrong !== undefined) throw new Error(`${wrong}\n${ear.story ?? ''}`);
      return true;
    },
    { what: `${wanted.join(', ')} Hz on ${ear.name}`, every: 150 },
  );
}
