import { FRAME_MS, FrameClock } from './FrameClock.ts';

/** Something that makes a frame every 20 ms. `now` is `performance.now()`. */
export interface Ticked {
  tick(now: number): void;
}

/** So many lanes, evenly apart: whoever is added waits no longer than this for its first tick. */
const LANES = 4;
const APART_MS = FRAME_MS / LANES;

/** Ticks all that is added, each every 20 ms, and no more: it runs only while somebody wants frames. */
export class Ticker {
  /** By their place among the lanes. */
  readonly #lanes = new Map<number, Lane>();
  /** When the lane of place 0 ticks, or would have. */
  #since = 0;
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  get isRunning(): boolean {
    return this.#lanes.size > 0;
  }

  /** In the lane that ticks soonest. What is in one already stays there. */
  add(ticked: Ticked): void {
    if (this.#laneOf(ticked)) return;
    const now = performance.now();
    if (!this.isRunning) this.#since = now;
    // The first begins at once.
    const steps = this.isRunning ? Math.floor((now - this.#since) / APART_MS) + 1 : 0;
    const place = steps % LANES;
    let lane = this.#lanes.get(place);
    if (!lane) {
      lane = new Lane(this.#since + steps * APART_MS, (each) =>
        this.guard(() => each.tick(performance.now())),
      );
      this.#lanes.set(place, lane);
    }
    lane.ticked.add(ticked);
  }

  /**
   * The next tick comes soon, and the others 20 ms after that. Each time its stream gets ahead of the clock by what it
   * did not wait, so that it is not for every prompt. What is not in is ignored.
   */
  hurry(ticked: Ticked): void {
    if (!this.#laneOf(ticked)) return;
    this.delete(ticked);
    this.add(ticked);
  }

  delete(ticked: Ticked): void {
    const [place, lane] = this.#laneOf(ticked) ?? [];
    if (place === undefined || lane === undefined) return;
    lane.ticked.delete(ticked);
    if (lane.ticked.size > 0) return;
    lane.close();
    this.#lanes.delete(place);
  }

  close(): void {
    for (const lane of this.#lanes.values()) lane.close();
    this.#lanes.clear();
  }

  /** One broken stream does not silence the others. */
  guard(tick: () => void): void {
    try {
      tick();
    } catch (error) {
      this.#onError(error);
    }
  }

  #laneOf(ticked: Ticked): [place: number, lane: Lane] | undefined {
    for (const [place, lane] of this.#lanes) if (lane.ticked.has(ticked)) return [place, lane];
    return undefined;
  }
}

/** Those who are ticked at the same moments, until it is closed. */
class Lane {
  readonly ticked = new Set<Ticked>();
  readonly #tick: (ticked: Ticked) => void;
  readonly #clock: FrameClock;
  #timer: NodeJS.Timeout | undefined;

  constructor(firstAt: number, tick: (ticked: Ticked) => void) {
    this.#clock = new FrameClock(firstAt);
    this.#tick = tick;
    this.#schedule();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.ticked.clear();
  }

  #schedule(): void {
    const wait = Math.max(0, this.#clock.nextAt - performance.now());
    this.#timer = setTimeout(() => {
      for (let due = this.#clock.framesDue(performance.now()); due > 0; due--) {
        for (const each of this.ticked) this.#tick(each);
      }
      // The last one may have gone meanwhile.
      if (this.#timer) this.#schedule();
    }, wait);
  }
}
