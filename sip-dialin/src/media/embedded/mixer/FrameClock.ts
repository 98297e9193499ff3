/** The tick of the mixer: 20 ms, the packet time of nearly every phone. */
export const FRAME_MS = 20;
/** After a stall this many frames are caught up at once; what is older is skipped. */
export const MAX_CATCH_UP = 5;

/** Absolute deadlines, every 20 ms: a late timer shortens the next wait instead of adding up. */
export class FrameClock {
  readonly stats = { frames: 0, caughtUp: 0, skipped: 0 };
  #next: number;

  /** `now`: milliseconds of a monotonic clock; the first frame is due then. */
  constructor(now: number) {
    this.#next = now;
  }

  /** When the next frame is due. */
  get nextAt(): number {
    return this.#next;
  }

  /** How many frames are due at `now`; they count as done. */
  framesDue(now: number): number {
    if (now < this.#next) return 0;
    let due = Math.floor((now - this.#next) / FRAME_MS) + 1;
    this.#next += due * FRAME_MS;
    if (due > MAX_CATCH_UP) {
      this.stats.skipped += due - MAX_CATCH_UP;
      due = MAX_CATCH_UP;
    }
    this.stats.frames += due;
    this.stats.caughtUp += due - 1;
    return due;
  }
}
