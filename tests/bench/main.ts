import { parseArgs } from 'node:util';
import { Switchroom } from '../support/Switchroom.ts';
import {
  browserToPhone,
  joinToSound,
  keyToSound,
  phoneToBrowser,
  phoneToPhone,
} from './measure.ts';
import { inviteToPrompt } from './invite.ts';
import { lineOf, machine, type Figure } from './report.ts';
import { firstSetUp, secondStart } from './startUp.ts';

/*
 * `npm run bench`: the figures that Switchroom is measured by. `-- --setup` also measures the first
 * set-up, in a fresh clone with an empty cache, which takes minutes. `-- --only=<part of a name>`.
 */
const { values: options } = parseArgs({
  options: {
    setup: { type: 'boolean', default: false },
    runs: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
  },
});
const runs = Math.max(1, Number(options.runs) || 5);
const seconds = 2 * runs;

const inRoom = (measure: (switchroom: Switchroom) => Promise<number[]>) => async () => {
  const switchroom = await Switchroom.start({ env: { LOG_LEVEL: 'warn' } });
  try {
    return await measure(switchroom);
  } finally {
    await switchroom.stop();
  }
};

type Plan = Omit<Figure, 'values'> & { measure: () => Promise<readonly number[]> };

// prettier-ignore
const plans: Plan[] = [
  { what: 'second start', unit: 's', aim: 5, measure: () => secondStart(runs) },
  { what: 'join to first audio in a browser', unit: 'ms', aim: 1000, measure: inRoom((room) => joinToSound(room, runs)) },
  { what: 'INVITE to first prompt, p99 at 50 calls/s', unit: 'ms', aim: 40, measure: inRoom(inviteToPrompt) },
  { what: '# to room audio on a phone', unit: 'ms', aim: 200, measure: inRoom((room) => keyToSound(room, runs)) },
  { what: 'one way, phone to phone', unit: 'ms', aim: 80, measure: inRoom((room) => phoneToPhone(room, seconds)) },
  { what: 'one way, phone to browser (jitter buffer in it)', unit: 'ms', measure: inRoom((room) => phoneToBrowser(room, seconds)) },
  { what: 'one way, browser to phone', unit: 'ms', measure: inRoom((room) => browserToPhone(room, seconds)) },
];
if (options.setup) {
  plans.unshift({
    what: 'first set-up (system packages there)',
    unit: 's',
    measure: async () => [await firstSetUp()],
  });
}

console.log(
  `${machine()}, ${new Date().toISOString().slice(0, 10)}. Medians; one way is wire to wire.`,
);
let failed = false;
for (const { measure, ...plan } of plans) {
  if (!plan.what.includes(options.only)) continue;
  try {
    console.log(lineOf({ ...plan, values: await measure() }));
  } catch (error) {
    failed = true;
    console.log(`${plan.what.padEnd(44)} failed: ${error instanceof Error ? error.message : ''}`);
  }
}
process.exitCode = failed ? 1 : 0;
