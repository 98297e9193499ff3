/** What phones say of their noise is taken within these bounds: it is never louder than a voice. */
const LOUDEST_DBOV = -45;
const SOFTEST_DBOV = -75;

/** Level in a comfort noise packet, dBov (RFC 3389 section 3.1); `undefined` when it is none. */
export function comfortNoiseDbov(payload: Uint8Array): number | undefined {
  const level = payload[0];
  return level === undefined || level > 127 ? undefined : -level;
}

/** One noise for a room whose phones pause: a line that is quite dead sounds like a call that is. */
export class ComfortNoise {
  #state = 1;

  /** Fills a frame with white noise of this level. */
  fill(out: Int16Array, dbov: number): void {
    const level = Math.min(LOUDEST_DBOV, Math.max(SOFTEST_DBOV, dbov));
    // Even noise between -a and a has the power a * a / 3.
    const amplitude = 32768 * 10 ** (level / 20) * Math.sqrt(3);
    let state = this.#state;
    for (let i = 0; i < out.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      out[i] = Math.round((state / 2 ** 31) * amplitude);
    }
    this.#state = state;
  }
}
