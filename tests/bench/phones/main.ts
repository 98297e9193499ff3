import { parseArgs } from 'node:util';
import { Switchroom } from '../../support/Switchroom.ts';
import { inviteToPrompt, percentile } from '../invite.ts';
import { machine, verdict } from '../report.ts';
import {
  againstReflection,
  emptyRoomWakeUps,
  exponent,
  mutedShare,
  opusPerTick,
  type Conference,
} from './legs.ts';
import { oneWay, wordsOf } from './oneWay.ts';
import { opusCost } from './opusCost.ts';
import { overload } from './overload.ts';
import { buildRtpLoad } from './RtpLoad.ts';

/*
 * `npm run bench:phones`: what phones cost and how fast they are. The media engine runs on one core, the far
 * end, in C, on another. `-- --only=<part of a name>`, `-- --rounds=3`.
 */
const { values: options } = parseArgs({
  options: { only: { type: 'string', default: '' }, rounds: { type: 'string', default: '3' } },
});
const rounds = Math.max(1, Number(options.rounds) || 3);
/** Legs of a figure that is per leg, however large its rooms are. */
const LEGS = 200;
/** FreeSWITCH's mod_conference: 0.35 to 0.55 % of a core a leg, silent or talking; a tenth of it. */
const SILENT_LEG_PERCENT = 0.055;
/** More than the difference of two runs without a room, a second. */
const NO_WAKE_UPS = 0.5;
const OPUS_TALKERS = 4;
/** Each is about 6 s. */
const CALLS = 20;

interface Plan {
  what: string;
  measure: (program: string) => Promise<string>;
}

const inSwitchroom = async <T>(measure: (switchroom: Switchroom) => Promise<T>): Promise<T> => {
  const switchroom = await Switchroom.start({ env: { LOG_LEVEL: 'warn' } });
  try {
    return await measure(switchroom);
  } finally {
    await switchroom.stop();
  }
};

const conferenceOf = (legs: number): Conference => ({ rooms: LEGS / legs, legs, talkers: 2 });

const plans: Plan[] = [
  ...[true, false].flatMap((phonesOnly) =>
    [10, 50, 200].map((legs) => ({
      what: `CPU a leg, conferences of ${legs}, ${phonesOnly ? 'phones only' : 'and the SFU'}`,
      measure: async (program: string) => {
        const { percent, reflected, ratio } = await againstReflection(
          program,
          { ...conferenceOf(legs), phonesOnly },
          rounds,
        );
        const perCore = Math.floor(100 / percent);
        return (
          `${ratio.toFixed(2)} times a C reflector (${percent.toFixed(3)} % against ${reflected.toFixed(3)} %); ` +
          `${perCore} legs a core   ${verdict(ratio, 2, '')}`
        );
      },
    })),
  ),
  {
    what: 'CPU of a silent leg in a silent room of 50',
    measure: async (program) => {
      const silent = { rooms: LEGS / 50, legs: 50, talkers: 0, phonesOnly: true };
      const { percent, reflected, ratio } = await againstReflection(program, silent, rounds);
      return (
        `${percent.toFixed(3)} % of a core, ${ratio.toFixed(2)} times a C reflector (${reflected.toFixed(3)} %)   ` +
        verdict(percent, SILENT_LEG_PERCENT, ' %')
      );
    },
  },
  {
    what: 'CPU against room size, 8 to 200 legs',
    measure: async (program) => {
      const value = await exponent(program, [8, 20, 50, 100, 200]);
      return `exponent ${value.toFixed(2)}   ${verdict(value, 1.05, '')}`;
    },
  },
  {
    what: 'a muted leg of a talking one',
    measure: async (program) => {
      const share = await mutedShare(program);
      return `${(share * 100).toFixed(0)} %   ${verdict(share * 100, 20, ' %')}`;
    },
  },
  {
    what: 'wake-ups of an empty room',
    measure: async (program) => {
      const wakeUps = await emptyRoomWakeUps(program);
      return `${wakeUps.toFixed(1)} a second   ${verdict(wakeUps, NO_WAKE_UPS, '')}`;
    },
  },
  {
    what: `Opus operations a tick, ${OPUS_TALKERS} talkers of 50`,
    measure: async (program) => {
      const conference = { rooms: 1, legs: 50, talkers: OPUS_TALKERS };
      const operations = await opusPerTick(program, conference);
      return `${operations.toFixed(1)}   ${verdict(operations, 2 * OPUS_TALKERS + 1, '')}`;
    },
  },
  { what: 'Opus, CPU of 20 ms', measure: () => opusCost(rounds) },
  {
    what: 'one way, phone to phone, calls of random phase',
    measure: async () => {
      const figures = await inSwitchroom((room) => oneWay(room, CALLS));
      const [middle, last] = [percentile(figures.delays, 0.5), figures.delays.at(-1)!];
      return (
        `${verdict(middle, 12, ' ms')}; longest ${verdict(last, 25, ' ms')}\n    ` +
        wordsOf(figures)
      );
    },
  },
  {
    what: 'INVITE to first prompt, p99 at 50 calls/s',
    measure: async () => {
      const [ms] = await inSwitchroom(inviteToPrompt);
      return `${ms!.toFixed(0)} ms   ${verdict(ms!, 40, ' ms')}`;
    },
  },
  {
    what: 'one and a half times the call limit',
    measure: async () => {
      const { refusedP99, refused, admitted, longestGapMs, apartMs } = await inSwitchroom(overload);
      return (
        `${refused} of ${refused + admitted} got 503, p99 after ${refusedP99.toFixed(0)} ms; longest gap in a call ` +
        `that was up ${longestGapMs.toFixed(1)} ms (while the machine stood still: ${apartMs.toFixed(1)} ms)   ${verdict(refusedP99, 100, ' ms')}; gap ${verdict(longestGapMs, 5, ' ms')}`
      );
    },
  },
];

console.log(`${machine()}, ${new Date().toISOString().slice(0, 10)}.`);
const program = await buildRtpLoad();
let failed = false;
for (const { what, measure } of plans) {
  if (!what.includes(options.only)) continue;
  try {
    console.log(`${what.padEnd(48)} ${await measure(program)}`);
  } catch (error) {
    failed = true;
    console.log(`${what.padEnd(48)} failed: ${error instanceof Error ? error.message : ''}`);
  }
}
process.exitCode = failed ? 1 : 0;
