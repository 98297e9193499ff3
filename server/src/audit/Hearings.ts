/** A player asks for a sound in many ranges: those of so long are one hearing, ms. */
const ONE_HEARING_MS = 5 * 60_000;

/** Tells one hearing of a sound from the next, so that each is written down once. */
export class Hearings {
  readonly #now: () => number;
  /** By what is heard by whom: since when. In the order of their beginning. */
  readonly #begun = new Map<string, number>();

  /** `now` is in ms, from a monotonic clock. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether it is to be written down. What is asked for whole always is. */
  isNew(key: string, isRange: boolean): boolean {
    this.#forgetOld();
    if (isRange && this.#begun.has(key)) return false;
    this.#begun.delete(key);
    this.#begun.set(key, this.#now());
    return true;
  }

  /** It could not be written down: the next one is to be. */
  forget(key: string): void {
    this.#begun.delete(key);
  }

  #forgetOld(): void {
    for (const [key, at] of this.#begun) {
      if (this.#now() - at < ONE_HEARING_MS) return;
      this.#begun.delete(key);
    }
  }
}
