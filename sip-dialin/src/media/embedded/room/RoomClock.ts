import { Pulse, type Leading } from '../mixer/Pulse.ts';

/** The timer of one room: it ticks when its `Pulse` says so. */
export class RoomClock {
  readonly #tick: (now: number) => boolean;
  #pulse: Pulse | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer goes off. */
  #firesAt = 0;

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

  /** How long ago it should have gone off: by so much this thread is late at `now`, at least. */
  lateMs(now: number): number {
    return this.#pulse ? Math.max(0, now - this.#firesAt) : 0;
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

  #arm(pulse: Pulse): void {
    clearTimeout(this.#timer);
    this.#firesAt = pulse.nextAt;
    const wait = Math.max(0, pulse.nextAt - performance.now());
    this.#timer = setTimeout(() => this.#fired(pulse), wait);
  }

  #fired(pulse: Pulse): void {
    this.#timer = undefined;
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
