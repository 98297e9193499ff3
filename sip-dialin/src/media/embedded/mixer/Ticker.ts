import { FrameClock } from './FrameClock.ts';

/** Something that makes a frame every 20 ms. `now` is `performance.now()`. */
export interface Ticked {
  tick(now: number): void;
}

/** Calls `framesDue` and no more: it runs only while somebody wants frames. */
export class Ticker {
  readonly #ticked = new Set<Ticked>();
  readonly #onError: (error: unknown) => void;
  #clock: FrameClock | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  add(ticked: Ticked): void {
    this.#ticked.add(ticked);
    if (this.#timer) return;
    this.#clock = new FrameClock(performance.now());
    this.#schedule(this.#clock);
  }

  delete(ticked: Ticked): void {
    this.#ticked.delete(ticked);
    if (this.#ticked.size === 0) this.close();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#clock = undefined;
    this.#ticked.clear();
  }

  #schedule(clock: FrameClock): void {
    const wait = Math.max(0, clock.nextAt - performance.now());
    this.#timer = setTimeout(() => {
      for (let due = clock.framesDue(performance.now()); due > 0; due--) this.#tickAll();
      // The last one may have gone meanwhile, or another clock may have been started.
      if (this.#clock === clock) this.#schedule(clock);
    }, wait);
  }

  /** One broken stream does not silence the others. */
  guard(tick: () => void): void {
    try {
      tick();
    } catch (error) {
      this.#onError(error);
    }
  }

  #tickAll(): void {
    for (const ticked of this.#ticked) this.guard(() => ticked.tick(performance.now()));
  }
}
