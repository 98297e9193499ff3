import { AppError } from '@switchroom/protocol';

/** Who waits asks again at any time within this after the next turn has come: which of them is first is left to chance. */
const SPREAD_MS = 3_000;

/** What turns are of: a number, a trunk, or those of whom nothing is known. */
export interface Turn {
  key: string;
  /** From one turn to the next. */
  everyMs: number;
}

/** A PIN each so often, of whoever asks first: the others are told when to ask again. */
export class PinTurns {
  readonly #random: () => number;
  readonly #now: () => number;
  /** When the next turn of each key comes. */
  readonly #next = new Map<string, number>();

  /** `random`: from 0 to 1. `now`: monotonic milliseconds. */
  constructor(random: () => number = Math.random, now = (): number => performance.now()) {
    this.#random = random;
    this.#now = now;
  }

  /** Takes all of these turns, or none. Errors: `pin-later`. */
  take(turns: readonly Turn[]): void {
    const now = this.#now();
    for (const [key, at] of this.#next) if (at <= now) this.#next.delete(key);
    const next = Math.max(...turns.map(({ key }) => this.#next.get(key) ?? now));
    if (next > now) {
      const retryAfterMs = Math.ceil(next - now + this.#random() * SPREAD_MS);
      throw new AppError('pin-later', 'Many wrong PINs were keyed; this one has to wait.', {
        retryAfterMs,
      });
    }
    for (const { key, everyMs } of turns) this.#next.set(key, now + everyMs);
  }
}
