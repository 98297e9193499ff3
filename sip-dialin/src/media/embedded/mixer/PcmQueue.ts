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
   * How like the `count` samples from `offset` on are to those `lag` samples later, -1 to 1; 0 is the
   * head, what was read lies before. Silence is like silence.
   */
  likeness(offset: number, lag: number, count: number): number {
    const samples = this.#samples;
    const first = this.#start + offset;
    const second = first + lag;
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

  /**
   * Leaves out `count` samples: the first `overlap` blend into those `count` later. There are as many
   * as both together.
   */
  shorten(count: number, overlap: number): void {
    const samples = this.#samples;
    const likeness = this.likeness(0, count, overlap);
    const [first, second] = [this.#start, this.#start + count];
    // From the end, as what is written may be among what is yet to be read.
    for (let i = overlap - 1; i >= 0; i--) {
      const share = ramp(i, overlap);
      samples[second + i] = blend(samples[first + i]!, samples[second + i]!, share, likeness);
    }
    this.#start += count;
  }

  /**
   * Plays the last `count` samples once more: the next `overlap` blend into those `count` before. There
   * are as many each side.
   */
  lengthen(count: number, overlap: number): void {
    const samples = this.#samples;
    const likeness = this.likeness(-count, count, overlap);
    const [last, next] = [this.#start - count, this.#start];
    // It takes the place of what has been read.
    for (let i = 0; i < overlap; i++) {
      const share = ramp(i, overlap);
      samples[last + i] = blend(samples[next + i]!, samples[last + i]!, share, likeness);
    }
    this.#start -= count;
    this.#remembered -= count;
  }

  #compact(): void {
    const from = this.#start - HISTORY;
    this.#samples.copyWithin(0, from, this.#end);
    this.#start -= from;
    this.#end -= from;
  }
}

/** From 0 to 1, level at both ends: what a corner would do to a deep tone is heard beside it. */
function ramp(i: number, count: number): number {
  return (1 - Math.cos((Math.PI * (i + 1)) / (count + 1))) / 2;
}

/**
 * `share` of `to`, the rest of `from`, as loud as they are: where they are like each other their
 * amplitudes add up, where they are not their powers do, and halves of both would be 3 dB softer.
 */
function blend(from: number, to: number, share: number, likeness: number): number {
  const sum = from + (to - from) * share;
  const power = 1 - 2 * share * (1 - share) * (1 - Math.max(0, likeness));
  return Math.max(-32768, Math.min(32767, Math.round(sum / Math.sqrt(power))));
}
