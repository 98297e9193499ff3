import { setTimeout as delay } from 'node:timers/promises';
import type { MeetingView } from '@switchroom/protocol';
import { Switchroom } from '../../support/Switchroom.ts';
import { eventually } from '../../support/eventually.ts';
import { median } from '../median.ts';
import { BenchParticipant } from './BenchParticipant.ts';
import { CpuClock } from './CpuClock.ts';
import { OpusLoad } from './OpusLoad.ts';

const LOAD_CORE = 1;
/** The recorder's codecs are compiled well only after some use; a meeting is longer than that. */
const WARM_UP_MS = 15_000;
/** The server's answer, files being made. */
const SETTLE_MS = 2500;
const MEASURE_MS = 6000;
const SERVICE_TOKEN = 'of-the-benchmark';

export interface MeetingCost {
  /** Of a core, in per cent, by process; medians of the rounds. */
  off: Map<string, number>;
  on: Map<string, number>;
  /** How much more the whole costs with recording on, in per cent: the median of the rounds. */
  more: number;
  /** RTP packets that the SFU forwarded to participants, of those that it should have. */
  delivered: number;
}

/**
 * CPU of all of Switchroom while one meeting goes on, recording on against off, in turns: both see the same
 * weather. Everybody has a transport of their own and hears all others, one talks at a time; RTP is plain, so
 * that what encryption would cost with and without recording alike is not in it.
 */
export async function meetingCost(
  program: string,
  { people, dtx, rounds }: { people: number; dtx: boolean; rounds: number },
): Promise<MeetingCost> {
  const switchroom = await Switchroom.start({ env: { LOG_LEVEL: 'warn', SERVICE_TOKEN } });
  const load = await OpusLoad.start({
    ...{ program, core: LOAD_CORE, sockets: people, tracks: 1, group: people, dtx },
  });
  const participants: BenchParticipant[] = [];
  try {
    const meeting = await switchroom.rest.createMeeting({ recording: 'on-demand', entry: 'none' });
    for (let index = 0; index < people; index++) {
      const { url } = switchroom;
      participants.push(
        await BenchParticipant.join({ url, token: SERVICE_TOKEN, meeting, load, index }),
      );
    }
    load.go();
    const cpu = await CpuClock.of(switchroom.pid!);
    await record(switchroom, meeting, 'start');
    await delay(WARM_UP_MS);
    await record(switchroom, meeting, 'stop');
    const costs: Record<'on' | 'off', Map<string, number>[]> = { on: [], off: [] };
    const before = await load.stat();
    for (let round = 0; round < rounds; round++) {
      await delay(SETTLE_MS);
      costs.off.push(await cpu.during(() => delay(MEASURE_MS)));
      await record(switchroom, meeting, 'start');
      await delay(SETTLE_MS);
      costs.on.push(await cpu.during(() => delay(MEASURE_MS)));
      await record(switchroom, meeting, 'stop');
    }
    const after = await load.stat();
    const ratios = costs.on.map((on, round) => sum(on) / sum(costs.off[round]!));
    return {
      ...{ off: medians(costs.off), on: medians(costs.on), more: (median(ratios) - 1) * 100 },
      delivered: (after.received - before.received) / ((after.sent - before.sent) * (people - 1)),
    };
  } finally {
    for (const participant of participants) participant.leave();
    await load.stop();
    await switchroom.stop();
  }
}

async function record(
  { rest }: Switchroom,
  { id }: MeetingView,
  action: 'start' | 'stop',
): Promise<void> {
  const { status, body } = await rest.raw('POST', `/meetings/${id}/recording`, { action });
  if (status >= 300) throw new Error(`recording: ${action}: ${status} ${JSON.stringify(body)}`);
  const state = action === 'start' ? 'recording' : 'sealed';
  await eventually(async () => (await rest.recordings(id))[0]?.state === state || undefined, {
    what: `the recording to be ${state}`,
  });
}

function medians(rounds: readonly Map<string, number>[]): Map<string, number> {
  const names = new Set(rounds.flatMap((round) => [...round.keys()]));
  const of = (name: string): number => median(rounds.map((round) => round.get(name) ?? 0));
  return new Map([...names].map((name) => [name, of(name)]));
}

function sum(costs: ReadonlyMap<string, number>): number {
  return [...costs.values()].reduce((all, one) => all + one, 0);
}
