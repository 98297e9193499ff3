/** A caller that sends nothing for this long is told of, and again every time as long. */
export const MEDIA_LOST_MS = 10_000;

/** Tells when a caller's media begins, and when it is missing. */
export class SilenceWatch {
  #heardAt = 0;
  #up = false;
  #toldAt = 0;

  /** The call is set up: from now on media should come. */
  start(now: number): void {
    if (this.#heardAt === 0) this.#heardAt = this.#toldAt = now;
  }

  /** A packet came. True when it is the first, or the first after it was told missing. */
  heard(now: number): boolean {
    const begins = !this.#up;
    this.#up = true;
    this.#heardAt = this.#toldAt = now;
    return begins;
  }

  /** For how long nothing came, when it is time to tell. On hold nothing is `expected`. */
  check(now: number, expected: boolean): number | undefined {
    if (!expected) {
      this.#heardAt = this.#toldAt = now;
      return undefined;
    }
    if (now - this.#toldAt < MEDIA_LOST_MS) return undefined;
    this.#toldAt = now;
    this.#up = false;
    return Math.round(now - this.#heardAt);
  }
}
