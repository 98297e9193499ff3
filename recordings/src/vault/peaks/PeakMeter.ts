/** 50 ms of 48 kHz. */
export const PEAK_SAMPLES = 2400;

/** The loudest sample of each 50 ms, in thousandths of full scale. */
export class PeakMeter {
  readonly #peaks: number[] = [];
  #loudest = 0;
  #count = 0;

  add(pcm: Int16Array): void {
    for (const sample of pcm) {
      const size = Math.abs(sample);
      if (size > this.#loudest) this.#loudest = size;
      if (++this.#count === PEAK_SAMPLES) this.#next();
    }
  }

  /** All so far, the last part though it is shorter. */
  finish(): Uint16Array {
    if (this.#count > 0) this.#next();
    return Uint16Array.from(this.#peaks);
  }

  #next(): void {
    this.#peaks.push(Math.round((this.#loudest * 1000) / 32_768));
    this.#loudest = 0;
    this.#count = 0;
  }
}
