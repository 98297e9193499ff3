/** Relative delays longer than this are no jitter: the sender or the path has changed. */
const JUMP_MS = 1000;
/** What is older is forgotten: long enough for a p99, short enough to follow a drifting clock. */
const WINDOW_MS = 10_000;
/** The window at the shortest packet time, 10 ms. */
const WINDOW_PACKETS = 1024;
/** Buckets of 1 ms, round in a ring: more than twice the jump, so that no two delays share one. */
const BUCKETS = 2048;
/** Share of packets that should be in time. */
const QUANTILE = 0.99;
/** Before this many packets there is no p99 to speak of, */
const WARM_UP_PACKETS = 25;
/** and this much jitter is assumed. */
const ASSUMED_JITTER_MS = 30;

/**
 * Learns how late packets come after the fastest ones (RFC 3550 would call it transit time), and
 * which delay 99 % of the last 10 s kept. All times in milliseconds; the clock is the caller's.
 */
export class DelayEstimator {
  /** How many packets of the window had which transit, rounded down and modulo the ring. */
  readonly #histogram = new Uint16Array(BUCKETS);
  readonly #transits = new Int32Array(WINDOW_PACKETS);
  readonly #arrivals = new Float64Array(WINDOW_PACKETS);
  /** Of the window in the two rings: the oldest, and how many. */
  #oldest = 0;
  #count = 0;
  #base: number | undefined;
  /** The least and the greatest transit of the window; the greatest may be outdated upwards. */
  #min = 0;
  #max = 0;
  #jitterMs = 0;

  /** The delay after the fastest that 99 % of packets keep. */
  get jitterMs(): number {
    return this.#count < WARM_UP_PACKETS ? ASSUMED_JITTER_MS : this.#jitterMs;
  }

  /** Takes one arrival. False when it fits no way to what came before: start anew. */
  update(arrivalMs: number, mediaMs: number): boolean {
    // Numbers near zero, so that they are whole and small in the rings.
    this.#base ??= arrivalMs - mediaMs;
    const transit = Math.floor(arrivalMs - mediaMs - this.#base);
    this.#forget(arrivalMs);
    if (this.#count === 0) this.#min = this.#max = transit;
    else if (Math.abs(transit - this.#min) > JUMP_MS) return false;

    const slot = (this.#oldest + this.#count) % WINDOW_PACKETS;
    this.#transits[slot] = transit;
    this.#arrivals[slot] = arrivalMs;
    this.#count += 1;
    this.#histogram[bucket(transit)]! += 1;
    this.#min = Math.min(this.#min, transit);
    this.#max = Math.max(this.#max, transit);
    this.#refresh();
    return true;
  }

  /** How long ago, at `now`, this media was due to arrive. Negative when it is yet to come. */
  lagMs(mediaMs: number, now: number): number {
    return now - mediaMs - (this.#base ?? 0) - this.#min;
  }

  #forget(now: number): void {
    while (
      this.#count > 0 &&
      (this.#count === WINDOW_PACKETS || now - this.#arrivals[this.#oldest]! > WINDOW_MS)
    ) {
      this.#histogram[bucket(this.#transits[this.#oldest]!)]! -= 1;
      this.#oldest = (this.#oldest + 1) % WINDOW_PACKETS;
      this.#count -= 1;
    }
    while (this.#count > 0 && this.#histogram[bucket(this.#min)] === 0) this.#min += 1;
  }

  #refresh(): void {
    while (this.#histogram[bucket(this.#max)] === 0) this.#max -= 1;
    let later = Math.floor(this.#count * (1 - QUANTILE));
    let transit = this.#max;
    while ((later -= this.#histogram[bucket(transit)]!) >= 0) transit -= 1;
    this.#jitterMs = transit - this.#min + 1; // The upper end of the bucket.
  }
}

/** Also of negative numbers: the size of the ring is a power of two. */
function bucket(transit: number): number {
  return transit & (BUCKETS - 1);
}
