import { setTimeout as delay } from 'node:timers/promises';
import { tone } from '../../support/audio/tones.ts';
import type { Switchroom } from '../../support/Switchroom.ts';
import { CallGenerator } from '../CallGenerator.ts';
import { limitTrunks, percentile } from '../invite.ts';
import { WATCHED_TONE } from '../ToneWatch.ts';
import { judgeTone } from './judgeTone.ts';
import { WirePhones } from './WirePhones.ts';

/** The trunk's limit, calls a second; half as many again come. */
const LIMIT = 40;
const SECONDS = 5;

export interface Overload {
  /** How late the refusals were, ms. */
  refusedP99: number;
  refused: number;
  admitted: number;
  /** The longest piece of the tone that a call which was up did not hear, ms. */
  longestGapMs: number;
  /** The same, while the machine itself stood still. */
  apartMs: number;
}

/** One and a half times as many calls as the trunk may make, while a meeting of two phones goes on. */
export function overload(switchroom: Switchroom): Promise<Overload> {
  return WirePhones.during(2, (phones) => overloadWith(switchroom, phones));
}

async function overloadWith(switchroom: Switchroom, phones: WirePhones): Promise<Overload> {
  const meeting = await switchroom.rest.createMeeting({ recording: 'off', entry: 'none' });
  const speaker = await phones.join(meeting, 3);
  await speaker.say(tone({ frequency: WATCHED_TONE, seconds: 1, amplitude: 0.1 }));
  const listener = await phones.join(meeting, 13);
  await limitTrunks(switchroom, { maxCalls: 10_000, callsPerSecond: LIMIT });
  const calls = await CallGenerator.open(meeting.dialIn[0]!.sipUri);
  try {
    await delay(2000);
    listener.note();
    const dialled = await calls.dialAt(LIMIT * 1.5, SECONDS);
    const refused = dialled.flatMap((call) => ('refusedMs' in call ? [call] : []));
    const other = refused.find(({ status }) => status !== 503);
    if (other) throw new Error(`a call was refused with ${other.status}, not 503`);
    if (refused.length === 0) throw new Error('no call was refused');
    const log = await phones.log();
    const heard = judgeTone(log.side(listener.index).received, [], log.machineStalls);
    return {
      refusedP99: percentile(
        refused.map(({ refusedMs }) => refusedMs),
        0.99,
      ),
      refused: refused.length,
      admitted: dialled.length - refused.length,
      longestGapMs: heard.longestGapMs,
      apartMs: heard.apart.longestGapMs,
    };
  } finally {
    calls.close();
    await Promise.all([speaker.hangUp(), listener.hangUp()]);
  }
}
