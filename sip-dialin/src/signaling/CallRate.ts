/** So many calls a second: a bucket that holds one second's worth. Time is in ms, from a monotonic clock. */
export class CallRate {
  #perSecond: number;
  #left: number;
  #filledAt: number;

  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
    this.#filledAt = now;
  }

  set perSecond(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = Math.min(this.#left, perSecond);
  }

  /** Takes one; false when there is none. */
  take(now: number): boolean {
    const seconds = (now - this.#filledAt) / 1000;
    this.#left = Math.min(this.#perSecond, this.#left + seconds * this.#perSecond);
    this.#filledAt = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
