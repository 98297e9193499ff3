import type { PcmQueue } from './PcmQueue.ts';

/** Pitch periods of voices: 66 to 400 Hz. */
const MIN_PERIOD_MS = 2.5;
export const MAX_PERIOD_MS = 15;
/**
 * Two stretches are compared, and blended, over a period, but at least so long: a few milliseconds of
 * anything are like some others by chance. At most a period of the deepest voice is.
 */
const MIN_OVERLAP_MS = 10;

/** What may be left out or repeated, in ms, and how like what takes its place it must be. */
export interface Splice {
  /** Of the shortest pitch period, if not given. */
  minMs?: number;
  /** Of the longest pitch period, if not given. What is no voice need not be a period. */
  maxMs?: number;
  /** -1 to 1; at -1 the best is taken, however bad. */
  likeness: number;
}

/**
 * Leaves out the stretch whose loss is heard least, in a voice some pitch periods, in any other sound
 * the one whose ends are most alike (WSOLA). Gives its ms; 0 when none is good enough.
 */
export function shorten(queue: PcmQueue, rate: number, splice: Splice): number {
  const { length } = queue;
  const [least, most] = [overlapOf(0, rate), overlapOf(Infinity, rate)];
  // With its overlap it is all in the queue.
  const limit = Math.min(length - least, Math.max(Math.floor(length / 2), length - most));
  const count = bestStretch(rate, limit, splice, (lag) =>
    queue.likeness(0, lag, overlapOf(lag, rate)),
  );
  if (count) queue.shorten(count, overlapOf(count, rate));
  return (count * 1000) / rate;
}

/** Repeats the stretch that is heard least. Gives its ms; 0 when none is good enough. */
export function lengthen(queue: PcmQueue, rate: number, splice: Splice): number {
  const isEnough = queue.length >= overlapOf(0, rate);
  const limit = isEnough ? Math.min(queue.length, queue.remembered) : 0;
  const count = bestStretch(rate, limit, splice, (lag) =>
    queue.likeness(-lag, lag, overlapOf(lag, rate)),
  );
  if (count) queue.lengthen(count, overlapOf(count, rate));
  return (count * 1000) / rate;
}

function overlapOf(count: number, rate: number): number {
  const [least, most] = [(MIN_OVERLAP_MS * rate) / 1000, (MAX_PERIOD_MS * rate) / 1000];
  return Math.max(least, Math.min(most, count));
}

/** In samples. Looked for in steps of 8 kHz, then to the sample. */
function bestStretch(
  rate: number,
  limit: number,
  splice: Splice,
  likenessOf: (count: number) => number,
): number {
  const min = Math.ceil(((splice.minMs ?? MIN_PERIOD_MS) * rate) / 1000);
  const max = Math.min(limit, Math.floor(((splice.maxMs ?? MAX_PERIOD_MS) * rate) / 1000));
  let best = 0;
  let most = -Infinity;
  const look = (count: number): void => {
    const likeness = likenessOf(count);
    if (likeness > most) [most, best] = [likeness, count];
  };
  const step = rate / 8000;
  for (let count = min; count <= max; count += step) look(count);
  if (best === 0) return 0;
  const coarse = best;
  for (let count = coarse - step + 1; count < coarse + step; count++) {
    if (count !== coarse && count >= min && count <= max) look(count);
  }
  return most >= splice.likeness ? best : 0;
}
