/** Sums frames of one tick, and gives each listener the sum without its own voice. */
export class MixBus {
  readonly #sum: Int32Array;

  constructor(samples: number) {
    this.#sum = new Int32Array(samples);
  }

  clear(): void {
    this.#sum.fill(0);
  }

  /** 65,000 full-scale frames fit in 32 bits. */
  add(frame: Int16Array): void {
    const sum = this.#sum;
    for (let i = 0; i < sum.length; i++) sum[i]! += frame[i]!;
  }

  /** The whole sum, saturated once, into `out`. */
  write(out: Int16Array): void {
    const sum = this.#sum;
    for (let i = 0; i < sum.length; i++) out[i] = saturate(sum[i]!);
  }

  /** Mix-minus: the sum without `own`, which has been added before. */
  writeWithout(own: Int16Array, out: Int16Array): void {
    const sum = this.#sum;
    for (let i = 0; i < sum.length; i++) out[i] = saturate(sum[i]! - own[i]!);
  }
}

function saturate(value: number): number {
  return value > 32767 ? 32767 : value < -32768 ? -32768 : value;
}
