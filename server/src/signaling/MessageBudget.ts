/** Messages that one socket may send: a bucket of `burst` that fills at `perSecond`. */
export class MessageBudget {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #filledAt: number;

  /** `now` is in ms, from any monotonic clock. */
  constructor(options: { burst: number; perSecond: number; now: number }) {
    this.#burst = options.burst;
    this.#perSecond = options.perSecond;
    this.#left = options.burst;
    this.#filledAt = options.now;
  }

  /** Takes one; false when there is none. */
  take(now: number): boolean {
    const seconds = (now - this.#filledAt) / 1000;
    this.#left = Math.min(this.#burst, this.#left + seconds * this.#perSecond);
    this.#filledAt = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
