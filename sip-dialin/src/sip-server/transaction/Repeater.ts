import type { Clock, Timer } from '../clock.ts';

/** Sends again at intervals that double up to a cap: timers A, E and G of RFC 3261 table 4. */
export class Repeater {
  readonly #clock: Clock;
  readonly #cap: number;
  readonly #send: () => void;
  #interval: number;
  #timer: Timer | undefined;

  constructor(options: { clock: Clock; first: number; cap: number; send: () => void }) {
    this.#clock = options.clock;
    this.#cap = options.cap;
    this.#send = options.send;
    this.#interval = options.first;
    this.#arm();
  }

  /** From now on at the longest interval (timer E in "proceeding", section 17.1.2.2). */
  slowDown(): void {
    this.#interval = this.#cap;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    this.#timer = this.#clock.after(this.#interval, () => {
      this.#interval = Math.min(this.#interval * 2, this.#cap);
      this.#arm();
      this.#send();
    });
  }
}
