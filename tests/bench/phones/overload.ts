import { sine } from '@switchroom/sip-dialin/phone';
import type { Switchroom } from '../../support/Switchroom.ts';
import { BenchPhone } from '../BenchPhone.ts';
import { CallGenerator } from '../CallGenerator.ts';
import { limitTrunks, percentile } from '../invite.ts';
import { ToneWatch, WATCHED_TONE } from '../ToneWatch.ts';

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
}

/** One and a half times as many calls as the trunk may make, while a meeting of two phones goes on. */
export async function overload(switchroom: Switchroom): Promise<Overload> {
  const meeting = await switchroom.rest.createMeeting({ recording: 'off', entry: 'none' });
  const speaker = await BenchPhone.join(meeting, sine(WATCHED_TONE));
  const listener = await BenchPhone.join(meeting);
  await limitTrunks(switchroom, { maxCalls: 10_000, callsPerSecond: LIMIT });
  const calls = await CallGenerator.open(meeting.dialIn[0]!.sipUri);
  try {
    await listener.listen(2);
    await listener.listen(0);
    const dialled = await calls.dialAt(LIMIT * 1.5, SECONDS);
    const refused = dialled.flatMap((call) => ('refusedMs' in call ? [call] : []));
    const other = refused.find(({ status }) => status !== 503);
    if (other) throw new Error(`a call was refused with ${other.status}, not 503`);
    if (refused.length === 0) throw new Error('no call was refused');
    return {
      refusedP99: percentile(
        refused.map(({ refusedMs }) => refusedMs),
        0.99,
      ),
      refused: refused.length,
      admitted: dialled.length - refused.length,
      longestGapMs: watched(listener).longestGapMs,
    };
  } finally {
    calls.close();
    await Promise.all([speaker.hangUp(), listener.hangUp()]);
  }
}

function watched(phone: BenchPhone): ToneWatch {
  const watch = new ToneWatch();
  for (const { position, samples } of phone.pieces()) watch.push(position, samples);
  return watch;
}
