import type { PcmQueue } from './PcmQueue.ts';

/** Pitch periods of voices: 66 to 400 Hz. */
const MIN_PERIOD_MS = 2.5;
export const MAX_PERIOD_MS = 15;

/** Which periods may be left out or repeated, in ms, and how like each other they must be. */
export interface Splice {
  minMs?: number;
  maxMs?: number;
  /** -1 to 1; at -1 the best is taken, however bad. */
  likeness: number;
}

/** Leaves out the pitch period whose loss is heard least. Gives its ms; 0 when none is good enough. */
export function shorten(queue: PcmQueue, rate: number, splice: Splice): number {
  const limit = Math.floor(queue.length / 2);
  const period = bestPeriod(rate, limit, splice, (length) => queue.likeness(0, length));
  if (period) queue.shorten(period);
  return (period * 1000) / rate;
}

/** Repeats the pitch period that is heard least. Gives its ms; 0 when none is good enough. */
export function lengthen(queue: PcmQueue, rate: number, splice: Splice): number {
  const limit = Math.min(queue.length, queue.remembered);
  const period = bestPeriod(rate, limit, splice, (length) => queue.likeness(-length, length));
  if (period) queue.lengthen(period);
  return (period * 1000) / rate;
}

/** In samples. Looked for in steps of 8 kHz, then to the sample. */
function bestPeriod(
  rate: number,
  limit: number,
  splice: Splice,
  likenessOf: (period: number) => number,
): number {
  const min = Math.ceil(((splice.minMs ?? MIN_PERIOD_MS) * rate) / 1000);
  const max = Math.min(limit, Math.floor(((splice.maxMs ?? MAX_PERIOD_MS) * rate) / 1000));
  let best = 0;
  let most = -Infinity;
  const look = (period: number): void => {
    const likeness = likenessOf(period);
    if (likeness > most) [most, best] = [likeness, period];
  };
  const step = rate / 8000;
  for (let period = min; period <= max; period += step) look(period);
  if (best === 0) return 0;
  const coarse = best;
  for (let period = coarse - step + 1; period < coarse + step; period++) {
    if (period !== coarse && period >= min && period <= max) look(period);
  }
  return most >= splice.likeness ? best : 0;
}
