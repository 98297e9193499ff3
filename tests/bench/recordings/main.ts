import { parseArgs } from 'node:util';
import { machine, verdict } from '../report.ts';
import { searchTimes } from './search.ts';

/* `npm run bench:recordings`: what recordings cost. `-- --count=100000` recordings for the search. */
const { values: options } = parseArgs({
  options: { count: { type: 'string', default: '100000' } },
});
const count = Math.max(1000, Number(options.count) || 100_000);

console.log(`${machine()}, ${new Date().toISOString().slice(0, 10)}.`);
const { p95, worst, all } = await searchTimes(count);
console.log(
  `search over ${count} recordings, p95 of ${all} queries`.padEnd(56) +
    `${p95.toFixed(1)} ms, worst ${worst.ms.toFixed(1)} ms (${worst.query})   ${verdict(p95, 50, ' ms')}`,
);
