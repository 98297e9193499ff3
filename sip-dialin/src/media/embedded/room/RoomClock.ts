import { Pulse, type Leading } from '../mixer/Pulse.ts';

/** A timer that is overdue by this is so because we are late. */
const STALL_MS = 3;
/** By then all that had come meanwhile is read. */
const AFTER_STALL_MS = 5;

/** The timer of one room: it ticks when its `Pulse` says so. */
export class RoomClock {
  readonly #tick: (now: number) => boolean;
  #pulse: Pulse | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer goes off. */
  #firesAt = 0;
  /** When this thread was last seen to run, and when it stood still. */
  #seenAt = 0;
  #stall = { since: 0, until: -Infinity };

  /** `tick`: does one tick, and tells whether it was quiet. It does not throw. */
  constructor(tick: (now: number) => boolean) {
    this.#tick = tick;
  }

  get isRunning(): boolean {
    return this.#pulse !== undefined;
  }

  get stats(): Pulse['stats'] | undefined {
    return this.#pulse?.stats;
  }

  /**
   * When a packet that is read at `now` can have come at the earliest: just now, unless this thread stood
   * still. It did when the timer is overdue, and since it was last seen to run.
   */
  unreadSince(now: number): number {
    this.#see(now);
    return now - this.#stall.until <= AFTER_STALL_MS ? this.#stall.since : now;
  }

  start(): void {
    if (this.#pulse) return;
    this.#pulse = new Pulse(performance.now());
    this.#arm(this.#pulse);
  }

  stop(): void {
    this.#pulse?.leader?.follow();
    this.#pulse = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** A packet of `who`, one of `all`, was received at `now`. */
  arrived(who: Leading, all: Iterable<Leading>, now: number): void {
    const pulse = this.#pulse;
    if (pulse?.arrived(who, all, now)) this.#tickOnce(pulse, now);
  }

  #tickOnce(pulse: Pulse, now: number): void {
    pulse.ticked(now, this.#tick(now));
    // One timer a tick is enough: it finds by itself that it is too early.
    if (this.#pulse === pulse && (!this.#timer || pulse.nextAt < this.#firesAt)) this.#arm(pulse);
  }

  #see(now: number): void {
    const since = this.#seenAt;
    this.#seenAt = now;
    if (!this.#pulse || now - since < STALL_MS || now - this.#firesAt < STALL_MS) return;
    this.#stall = { since, until: now };
  }

  #arm(pulse: Pulse): void {
    clearTimeout(this.#timer);
    this.#firesAt = pulse.nextAt;
    const wait = Math.max(0, pulse.nextAt - performance.now());
    this.#timer = setTimeout(() => this.#fired(pulse), wait);
  }

  #fired(pulse: Pulse): void {
    this.#timer = undefined;
    this.#see(performance.now());
    // Where we are late ourselves, the leader's packet may be waiting in its socket.
    if (pulse.leader && performance.now() >= pulse.nextAt) setImmediate(() => this.#catchUp(pulse));
    else this.#catchUp(pulse);
  }

  #catchUp(pulse: Pulse): void {
    for (let now = performance.now(); this.#pulse === pulse && pulse.isDue(now);) {
      this.#tickOnce(pulse, now);
      now = performance.now();
    }
    if (this.#pulse === pulse && !this.#timer) this.#arm(pulse);
  }
}
