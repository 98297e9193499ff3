/** Transit may grow by this share of time without being lateness: clocks drift by 200 ppm or so. */
const CREEP = 0.001;
/** What was late is forgotten by half within 2 s of packets, */
const FORGET = 0.993;
/** or within 0.7 s, if nothing was as late for long: then it is an accident, and no habit. */
const FORGET_ACCIDENT = 0.98;
const HABIT_MS = 20_000;
/** Until then the fastest packet is not known yet, so that a faster one says nothing. */
const FIRST_PACKETS = 10;
/** A step like this is another path or another clock: start anew. */
const JUMP_MS = 300;
/** What comes as late as this has to be buffered. */
const MAX_LATE_MS = 15;
const MIN_GRACE_MS = 8;
const MAX_GRACE_MS = 20;

/** Learns when packets of one stream come, and how late after that. Time is a parameter, in ms. */
export class Punctuality {
  /** Arrival of the fastest packets, less their place in the stream. */
  #transit = 0;
  #lateMs = 0;
  #packets = 0;
  #at = 0;
  /** When it began to be too late last, and how fast that is forgotten. */
  #tooLateAt = -Infinity;
  #forget = FORGET_ACCIDENT;

  /** How late packets were of late. */
  get lateMs(): number {
    return this.#lateMs;
  }

  /** Whether they come so evenly that they can be played as they come. */
  get isGood(): boolean {
    return this.#lateMs <= MAX_LATE_MS;
  }

  /**
   * Takes the arrival of what lies at `mediaMs` of its stream, and gives when it came: `unreadSince` or later,
   * for it may have lain in its socket since then; on time, if that can be.
   */
  update(now: number, mediaMs: number, unreadSince = now): number {
    const seen = now - mediaMs;
    if (this.#packets === 0 || Math.abs(seen - this.#transit) > JUMP_MS) this.#begin(seen, now);
    const expected = this.#transit + Math.max(0, now - this.#at) * CREEP;
    const transit = Math.min(seen, Math.max(expected, unreadSince - mediaMs));
    this.#transit = Math.min(expected, transit);
    this.#packets += 1;
    this.#at = now;
    if (transit - expected > MAX_LATE_MS && this.isGood) {
      this.#forget = now - this.#tooLateAt < HABIT_MS ? FORGET : FORGET_ACCIDENT;
      this.#tooLateAt = now;
    }
    this.#lateMs = Math.max(transit - expected, this.#lateMs * this.#forget);
    // A faster one than ever: all others have been late by that much more.
    if (this.#packets > FIRST_PACKETS) this.#lateMs += Math.max(0, expected - transit);
    return mediaMs + transit;
  }

  #begin(transit: number, now: number): void {
    this.#packets = 0;
    this.#transit = transit;
    this.#lateMs = 0;
    this.#at = now;
  }

  /** When what lies at `mediaMs` has to have come; after that it is made up for. */
  deadline(mediaMs: number): number {
    const grace = Math.min(MAX_GRACE_MS, Math.max(MIN_GRACE_MS, 1.5 * this.#lateMs + 4));
    return mediaMs + this.#transit + grace;
  }
}
