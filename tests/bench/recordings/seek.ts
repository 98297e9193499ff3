import type { BenchServer } from './benchServer.ts';
import { median } from '../median.ts';
import type { LongMeeting } from './LongMeeting.ts';

/** What a player asks for when somebody jumps. */
const PIECE_BYTES = 64 * 1024;
const SEEKS = 60;

export interface SeekTimes {
  /** The first answer of a server that has not seen the file, near its end: its index is made by it. */
  coldMs: number;
  p95: number;
  median: number;
}

/** ms from a request with Range to the last byte of its answer, over REST. */
export async function seekTimes(
  long: LongMeeting,
  trackId: string | undefined,
): Promise<SeekTimes> {
  const { id } = long.recording;
  const track = trackId === undefined ? '' : `/tracks/${trackId}`;
  const path = `/recordings/${id}${track}/audio`;
  const server = await long.serve();
  try {
    const cold = await ask(server, path, `bytes=-${PIECE_BYTES}`);
    const times: number[] = [];
    for (let seek = 0; seek < SEEKS; seek++) {
      // Golden section: everywhere, and never near the one before.
      const at = Math.floor(((seek * 0.618) % 1) * (cold.size - PIECE_BYTES));
      times.push((await ask(server, path, `bytes=${at}-${at + PIECE_BYTES - 1}`)).ms);
    }
    times.sort((a, b) => a - b);
    const p95 = times[Math.ceil(times.length * 0.95) - 1]!;
    return { coldMs: cold.ms, p95, median: median(times) };
  } finally {
    await server.close();
  }
}

/** Gives the ms, and the size of the whole. */
export async function ask(
  server: BenchServer,
  path: string,
  range: string,
): Promise<{ ms: number; size: number }> {
  const begin = performance.now();
  const response = await server.fetch(path, { range });
  const bytes = await response.arrayBuffer();
  const ms = performance.now() - begin;
  const size = Number(response.headers.get('content-range')?.split('/')[1]);
  if (response.status !== 206 || bytes.byteLength === 0 || !Number.isFinite(size)) {
    throw new Error(`${path}, ${range}: ${response.status}`);
  }
  return { ms, size };
}
