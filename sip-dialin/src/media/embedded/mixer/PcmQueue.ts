/** More than the longest packet (Opus: 120 ms), what is looked ahead for, and a frame, at 16 kHz. */
const CAPACITY = 4096;
/** What has been read is remembered for a pitch period: 16 ms at 16 kHz. */
const HISTORY = 256;

/**
 * Samples on their way from packets of any length to frames of 20 ms. It can leave out or repeat a
 * stretch at its head, blended so that both ends follow on.
 */
export class PcmQueue {
  readonly #samples = new Int16Array(HISTORY + CAPACITY);
  #start = HISTORY;
  #end = HISTORY;
  #remembered = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  /** How much before the head is still known, at most 16 ms. */
  get remembered(): number {
    return this.#remembered;
  }

  /** What does not fit is dropped. */
  write(pcm: Int16Array): void {
    if (this.#end + pcm.length > this.#samples.length) this.#compact();
    const part = pcm.subarray(0, this.#samples.length - this.#end);
    this.#samples.set(part, this.#end);
    this.#end += part.length;
  }

  /** Fills `out`, with zeros where there is not enough. Gives how many samples there were. */
  read(out: Int16Array): number {
    const count = Math.min(out.length, this.length);
    out.set(this.#samples.subarray(this.#start, this.#start + count));
    out.fill(0, count);
    this.discard(count);
    return count;
  }

  /** Leaves out the next samples, without a blend. */
  discard(count: number): void {
    const gone = Math.min(count, this.length);
    this.#start += gone;
    this.#remembered = Math.min(HISTORY, this.#remembered + gone);
  }

  /**
   * How like the `count` samples from `offset` on are to those after them, -1 to 1; 0 is the head,
   * what was read lies before. Silence is like silence.
   */
  likeness(offset: number, count: number): number {
    const samples = this.#samples;
    const first = this.#start + offset;
    const second = first + count;
    let product = 0;
    let energy1 = 1;
    let energy2 = 1;
    for (let i = 0; i < count; i++) {
      const a = samples[first + i]!;
      const b = samples[second + i]!;
      product += a * b;
      energy1 += a * a;
      energy2 += b * b;
    }
    return product / Math.sqrt(energy1 * energy2);
  }

  /** Leaves out a period: the first one blends into the second. There are two. */
  shorten(period: number): void {
    const samples = this.#samples;
    const [first, second] = [this.#start, this.#start + period];
    for (let i = 0; i < period; i++) {
      samples[second + i] = blend(samples[first + i]!, samples[second + i]!, i, period);
    }
    this.#start += period;
  }

  /** Plays the last period once more: the next one blends into it. There is one each side. */
  lengthen(period: number): void {
    const samples = this.#samples;
    const [last, next] = [this.#start - period, this.#start];
    // It takes the place of what has been read.
    for (let i = 0; i < period; i++) {
      samples[last + i] = blend(samples[next + i]!, samples[last + i]!, i, period);
    }
    this.#start -= period;
    this.#remembered -= period;
  }

  #compact(): void {
    const from = this.#start - HISTORY;
    this.#samples.copyWithin(0, from, this.#end);
    this.#start -= from;
    this.#end -= from;
  }
}

function blend(from: number, to: number, i: number, count: number): number {
  return Math.round(from + ((to - from) * (i + 1)) / (count + 1));
}
