// @ts-check
import { setTimeout as later } from 'node:timers/promises';

/** What passes: the store, or what stands before it, has too much to do, or is being mended. */
const PASSING = new Set([429, 500, 502, 503, 504]);
/** Waited before each further try, ms. */
export const WAITS_MS = [500, 1000, 2000, 4000];
/** A store that asks for a longer wait is not waited for: who checks shall know of it, ms. */
const LONGEST_MS = 60_000;

/**
 * @typedef {object} Time
 * @property {() => number} now ms since 1970
 * @property {(ms: number) => Promise<unknown>} sleep
 */

/** @type {Time} */
export const REAL_TIME = { now: () => Date.now(), sleep: (ms) => later(ms) };

/**
 * Asks again while there is no answer, or one that passes, a few times and with ever longer waits, or those that the store asks for
 * by `Retry-After`. Gives the last answer, or throws the last error.
 * @param {() => Promise<Response>} ask
 * @param {Time} time
 */
export async function patiently(ask, { now, sleep }) {
  for (const wait of WAITS_MS) {
    let wanted = 0;
    try {
      const response = await ask();
      if (!PASSING.has(response.status)) return response;
      wanted = retryAfter(response, now());
      if (wanted > LONGEST_MS) return response;
      await response.body?.cancel();
    } catch {
      // The last try tells why.
    }
    await sleep(Math.max(wait, wanted));
  }
  return await ask();
}

/**
 * In ms: the header has seconds, or a date (RFC 9110, 10.2.3). 0 when there is none that makes sense.
 * @param {Response} response
 * @param {number} now
 */
function retryAfter({ headers }, now) {
  const text = headers.get('retry-after') ?? '';
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return ms > 0 ? ms : 0;
}
