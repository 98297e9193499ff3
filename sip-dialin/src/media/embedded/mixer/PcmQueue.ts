/** More than the longest packet (Opus: 120 ms) and a frame, at 16 kHz. */
const CAPACITY = 4096;

/** Samples on their way from packets of any length to frames of 20 ms. */
export class PcmQueue {
  readonly #samples = new Int16Array(CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What does not fit is dropped. */
  write(pcm: Int16Array): void {
    const part = pcm.subarray(0, CAPACITY - this.#length);
    this.#samples.set(part, this.#length);
    this.#length += part.length;
  }

  /** Fills `out`, with zeros where there is not enough. Gives how many samples there were. */
  read(out: Int16Array): number {
    const count = Math.min(out.length, this.#length);
    out.set(this.#samples.subarray(0, count));
    out.fill(0, count);
    this.#samples.copyWithin(0, count, this.#length);
    this.#length -= count;
    return count;
  }
}
