/** What phones say of their noise is taken within these bounds: it is never louder than a voice. */
const LOUDEST_DBOV = -45;
const SOFTEST_DBOV = -75;

/** Level in a comfort noise packet, dBov (RFC 3389 section 3.1); `undefined` when it is none. */
export function comfortNoiseDbov(payload: Uint8Array): number | undefined {
  const level = payload[0];
  return level === undefined || level > 127 ? undefined : -level;
}

/** From frame to frame the level changes by this at most: 50 dB a second, which is no step. */
const STEP_DB = 1;

/** One noise for a room whose phones pause: a line that is quite dead sounds like a call that is. */
export class ComfortNoise {
  #state = 1;
  /** Of the last sample; `undefined` before the first. */
  #dbov: number | undefined;

  /**
   * Fills a frame with white noise of this level. It goes on where the last one ended, also in level:
   * what phones say of their noise differs from one to the next.
   */
  fill(out: Int16Array, dbov: number): void {
    const wanted = Math.min(LOUDEST_DBOV, Math.max(SOFTEST_DBOV, dbov));
    const from = this.#dbov ?? wanted;
    const to = from + Math.max(-STEP_DB, Math.min(STEP_DB, wanted - from));
    this.#dbov = to;
    const first = amplitudeOf(from);
    const step = (amplitudeOf(to) - first) / out.length;
    let state = this.#state;
    for (let i = 0; i < out.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      out[i] = Math.round((state / 2 ** 31) * (first + step * i));
    }
    this.#state = state;
  }
}

/** Even noise between -a and a has the power a * a / 3. */
function amplitudeOf(dbov: number): number {
  return 32768 * 10 ** (dbov / 20) * Math.sqrt(3);
}
