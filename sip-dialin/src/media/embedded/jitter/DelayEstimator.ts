/** Relative delays longer than this are no jitter: the sender or the path has changed. */
const JUMP_MS = 1000;
/** The fastest packet of the last 5 to 10 s is "on time": long enough for pauses, follows drift. */
const WINDOW_MS = 5000;
const BUCKET_MS = 5;
const BUCKETS = 40;
/** Share of packets that should be in time. */
const QUANTILE = 0.97;
/** Forgetting: about the last 300 packets count, 6 s of speech. */
const MEMORY_PACKETS = 300;
/** Before anything was measured, this much jitter is assumed with the weight of a few packets. */
const PRIOR_JITTER_MS = 30;
const PRIOR_PACKETS = 4;

/**
 * Learns how late packets come after the fastest ones (RFC 3550 would call it transit time), and
 * which delay 97 % of them keep. All times in milliseconds; the clock is the caller's.
 */
export class DelayEstimator {
  readonly #histogram = new Float64Array(BUCKETS);
  #packets = PRIOR_PACKETS;
  #windowStart = 0;
  #min = Infinity;
  #previousMin = Infinity;
  #jitterMs = PRIOR_JITTER_MS;

  constructor() {
    this.#histogram[PRIOR_JITTER_MS / BUCKET_MS] = 1;
  }

  /** The delay after the fastest that 97 % of packets keep. */
  get jitterMs(): number {
    return this.#jitterMs;
  }

  /** Takes one arrival. False when it fits no way to what came before: start anew. */
  update(arrivalMs: number, mediaMs: number): boolean {
    const transit = arrivalMs - mediaMs;
    const known = Math.min(this.#min, this.#previousMin);
    if (known !== Infinity && Math.abs(transit - known) > JUMP_MS) return false;

    if (arrivalMs - this.#windowStart > WINDOW_MS) {
      this.#previousMin = this.#min;
      this.#min = Infinity;
      this.#windowStart = arrivalMs;
    }
    this.#min = Math.min(this.#min, transit);
    this.#count(transit - Math.min(this.#min, this.#previousMin));
    return true;
  }

  /** How long ago, at `now`, this media was due to arrive. Negative when it is yet to come. */
  lagMs(mediaMs: number, now: number): number {
    return now - mediaMs - Math.min(this.#min, this.#previousMin);
  }

  #count(delay: number): void {
    this.#packets += 1;
    const weight = 1 / Math.min(this.#packets, MEMORY_PACKETS);
    const bucket = Math.min(BUCKETS - 1, Math.ceil(delay / BUCKET_MS));
    for (let i = 0; i < BUCKETS; i++) this.#histogram[i]! *= 1 - weight;
    this.#histogram[bucket]! += weight;

    let within = 0;
    let quantile = 0;
    while (quantile < BUCKETS - 1 && (within += this.#histogram[quantile]!) < QUANTILE) quantile++;
    this.#jitterMs = quantile * BUCKET_MS;
  }
}
