import { parseArgs } from 'node:util';
import { median } from '../median.ts';
import { machine, verdict } from '../report.ts';
import { meetingCost } from './meetingCost.ts';
import { LongMeeting } from './LongMeeting.ts';
import { buildOpusLoad } from './OpusLoad.ts';
import { pageSeeks } from './pageSeeks.ts';
import { ask, seekTimes } from './seek.ts';
import { searchTimes } from './search.ts';
import { tracksPerCore } from './tracksPerCore.ts';

/*
 * `npm run bench:recordings`: what recordings cost and how fast they are. `-- --only=<part of a name>`,
 * `-- --rounds=3`, `-- --tracks=200` for tracks a core, `-- --hours=2` for the long meeting, `-- --count=100000`
 * recordings for the search.
 */
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '3' },
    tracks: { type: 'string', default: '200' },
    hours: { type: 'string', default: '2' },
    count: { type: 'string', default: '100000' },
  },
});
const rounds = Math.max(1, Number(options.rounds) || 3);
const tracks = Math.max(10, Number(options.tracks) || 200);
const hours = Math.max(0.01, Number(options.hours) || 2);
const count = Math.max(1000, Number(options.count) || 100_000);

interface Plan {
  what: string;
  measure: () => Promise<string>;
}

let program: Promise<string> | undefined;
const load = (): Promise<string> => (program ??= buildOpusLoad());
let meeting: Promise<LongMeeting> | undefined;
const long = (): Promise<LongMeeting> => (meeting ??= LongMeeting.record(hours));

const meetings: Plan[] = [10, 50].map((people) => ({
  what: `CPU of a meeting of ${people}, recorded against not`,
  measure: async () => {
    const cost = await meetingCost(await load(), { people, dtx: true, rounds });
    const { off, on, more, delivered } = cost;
    if (delivered < 0.97) throw new Error(`only ${Math.round(delivered * 100)} % was forwarded`);
    const part = (name: string): string =>
      `${name} ${(off.get(name) ?? 0).toFixed(2)} to ${(on.get(name) ?? 0).toFixed(2)}`;
    const parts = ['SFU', 'server', 'recorder'].map(part).join(', ');
    return `${more.toFixed(0)} % more (${parts} % of a core)   ${verdict(more, 3, ' %')}`;
  },
}));

const perCore: Plan[] = [true, false].map((dtx) => ({
  what: `tracks a core, ${dtx ? 'DTX as browsers have it' : '50 packets/s each'}`,
  measure: async () => {
    const all = [];
    for (let round = 0; round < rounds; round++) {
      all.push(await tracksPerCore(await load(), tracks, dtx));
    }
    const lost = all.reduce((sum, { sent, written }) => sum + sent - written, 0);
    const middle = Math.floor(median(all.map((one) => one.perCore)));
    const percent = median(all.map((one) => one.percent)).toFixed(1);
    return (
      `${middle} (${tracks} tracks take ${percent} %; ${lost} packets lost of ` +
      `${all[0]!.sent} a round)   aim: at least 1000: ${middle >= 1000 && lost === 0 ? 'met' : 'MISSED'}`
    );
  },
}));

const plans: Plan[] = [
  ...meetings,
  ...perCore,
  {
    what: `end of ${hours} hours and 10 people to playable`,
    measure: async () => {
      const recorded = await long();
      const server = await recorded.serve();
      try {
        const path = `/recordings/${recorded.recording.id}/audio`;
        const { ms, size } = await ask(server, path, 'bytes=0-65535');
        const all = recorded.sealedMs + ms;
        return (
          `${all.toFixed(0)} ms (seal ${recorded.sealedMs.toFixed(0)}, first sound over REST ${ms.toFixed(0)}; ` +
          `${(size / 1e6).toFixed(0)} MB)   ${verdict(all, 5000, ' ms')}`
        );
      } finally {
        await server.close();
      }
    },
  },
  ...['mix', 'track'].map((sound) => ({
    what: `seek by Range in ${hours} hours, ${sound}`,
    measure: async () => {
      const recorded = await long();
      const trackId = sound === 'mix' ? undefined : recorded.recording.tracks[0]!.id;
      const { coldMs, p95, median: middle } = await seekTimes(recorded, trackId);
      return (
        `first ${coldMs.toFixed(0)} ms, then median ${middle.toFixed(1)}, p95 ${p95.toFixed(1)} ms   ` +
        `${verdict(coldMs, 300, ' ms')}; p95 ${verdict(p95, 300, ' ms')}`
      );
    },
  })),
  {
    what: `seek in Chromium in ${hours} hours, to sound`,
    measure: async () => {
      const { loadMs, p95, worst } = await pageSeeks(await long());
      return (
        `p95 ${p95.toFixed(0)}, worst ${worst.toFixed(0)} ms (loaded in ${loadMs.toFixed(0)} ms)   ` +
        verdict(p95, 300, ' ms')
      );
    },
  },
  {
    what: `search over ${count} recordings`,
    measure: async () => {
      const { p95, worst, all } = await searchTimes(count);
      return (
        `p95 of ${all} queries ${p95.toFixed(1)} ms, worst ${worst.ms.toFixed(1)} ms (${worst.query})   ` +
        verdict(p95, 50, ' ms')
      );
    },
  },
];

console.log(`${machine()}, ${new Date().toISOString().slice(0, 10)}.`);
let failed = false;
for (const { what, measure } of plans) {
  if (!what.includes(options.only)) continue;
  try {
    console.log(`${what.padEnd(46)} ${await measure()}`);
  } catch (error) {
    failed = true;
    const message = error instanceof Error ? error.message.split('\n', 1)[0] : '';
    console.log(`${what.padEnd(46)} failed: ${message}`);
  }
}
await (await meeting)?.remove();
process.exitCode = failed ? 1 : 0;
