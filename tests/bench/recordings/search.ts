import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBenchServer } from './benchServer.ts';
import { fillRecordings } from './fillRecordings.ts';

const ROUNDS = 20;

/** As the page asks: one or several filters, the common and the rare, what is nowhere, and pages further on. */
const QUERIES = [
  '',
  'q=weekly',
  'q=an',
  'q=nobody-at-all',
  'participant=ann',
  'participant=ann+baker&title=planning',
  'participant=zz',
  'number=%2B15550100042',
  'number=0042',
  'title=board&minDurationMs=7000000',
  'minDurationMs=7190000',
  'maxDurationMs=60000',
  'held=true',
  'held=false',
  'held=true&participant=ann',
  'state=failed',
  'from=2025-06-01&to=2025-06-30',
  'from=2025-06-01&to=2025-06-02&participant=miller',
];

/** ms from request to the whole answer, over REST, of a page of 50. */
export async function searchTimes(
  count: number,
): Promise<{ p95: number; worst: { ms: number; query: string }; all: number }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'switchroom-search-'));
  try {
    // Its tables.
    await (await startBenchServer(dataDir)).close();
    fillRecordings(dataDir, count);
    const server = await startBenchServer(dataDir);
    try {
      return await timed((path) => server.get<Page>(path));
    } finally {
      await server.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

interface Page {
  nextCursor: string | null;
}

async function timed(get: (path: string) => Promise<Page>) {
  const times: { ms: number; query: string }[] = [];
  const measure = async (query: string, note = query) => {
    const begin = performance.now();
    const answer = await get(`/recordings?${query}`);
    times.push({ ms: performance.now() - begin, query: note });
    return answer;
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const query of QUERIES) {
      const { nextCursor } = await measure(query);
      if (nextCursor !== null) {
        await measure(`${query}&cursor=${nextCursor}`, `${query}, next page`);
      }
    }
  }
  times.sort((a, b) => a.ms - b.ms);
  const p95 = times[Math.ceil(times.length * 0.95) - 1]!.ms;
  return { p95, worst: times.at(-1)!, all: times.length };
}
