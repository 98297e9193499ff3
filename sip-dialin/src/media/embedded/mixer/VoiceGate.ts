/** Opens at what could be a quiet talker on a telephone (these speak at about -26 dBov), */
const OPEN_DBOV = -50;
/** or, for somebody who is known to be softer, down to the noise of an idle line. */
const LEAST_OPEN_DBOV = -62;
/** Stays open below that: the ends of words are softer than their beginnings. */
const HOLD_DB = 6;
/** Stays open over the gaps inside a sentence. */
const HANGOVER_MS = 200;

/** Tells whether a stream carries anything worth mixing. One per stream. */
export class VoiceGate {
  #open = false;
  #quietMs = 0;

  get isOpen(): boolean {
    return this.#open;
  }

  /** For how long there has been nothing that would open it; `Infinity` while it is closed. */
  get quietMs(): number {
    return this.#open ? this.#quietMs : Infinity;
  }

  /**
   * Takes the level of the next `ms` of the stream; gives whether it is open now. `softest`: of what this
   * voice says, where that is known (`Leveller`).
   */
  update(dbov: number, ms: number, softest = OPEN_DBOV): boolean {
    const opensAt = Math.min(OPEN_DBOV, Math.max(LEAST_OPEN_DBOV, softest));
    if (dbov >= (this.#open ? opensAt - HOLD_DB : opensAt)) {
      this.#open = true;
      this.#quietMs = 0;
    } else if (this.#open) {
      this.#quietMs += ms;
      if (this.#quietMs > HANGOVER_MS) this.#open = false;
    }
    return this.#open;
  }
}
