import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { runFaults } from './runFaults.ts';

/*
 * `npm run test:faults -- --kills=60 --seed=…`: kills processes of a recorded meeting at random instants, and accounts for every
 * second of it. The rule is in account.ts.
 */
const { values } = parseArgs({
  options: { kills: { type: 'string', default: '60' }, seed: { type: 'string' } },
});
const kills = Number(values.kills);
const seed = Number(values.seed ?? randomInt(1_000_000));
console.log(`seed ${seed}, ${kills} kills`);
const report = await runFaults({ kills, seed, say: (line) => console.log(line) });
for (const [index, account] of report.accounts.entries()) {
  const { saidMs, recordedMs, excusedMs, replacedMs } = account;
  console.log(
    `phone ${index + 1}: ${saidMs / 1000} s said, ${recordedMs / 1000} s recorded, ${excusedMs / 1000} s within the rule`,
  );
  for (const [victim, took] of Object.entries(replacedMs)) {
    console.log(
      `  recorded again after a ${victim}: ${took.toSorted((a, b) => a - b).join(', ')} ms`,
    );
  }
}
const byVictim = Map.groupBy(report.kills, ({ victim }) => victim);
console.log([...byVictim].map(([victim, some]) => `${some.length} × ${victim}`).join(', '));
console.log(`${report.recordings.length} recordings sealed, ${report.verified} exports verified`);
for (const line of report.wrong) console.log(`WRONG ${line}`);
console.log(report.wrong.length === 0 ? 'every second is accounted for' : 'NOT all accounted for');
process.exitCode = report.wrong.length === 0 ? 0 : 1;
