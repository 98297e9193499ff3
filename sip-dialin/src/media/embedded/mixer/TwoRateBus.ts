import { Downsampler2x, Upsampler2x } from './halfBand.ts';
import { MixBus } from './MixBus.ts';

/** 20 ms at 16 kHz, and at 8. */
export const WIDE_SAMPLES = 320;
export const NARROW_SAMPLES = 160;

/** A bus of one rate, and whether there is anything in it. */
class Rate {
  readonly bus: MixBus;
  readonly frame: Int16Array;
  isUsed = false;
  /** The filter to the other rate has not come to rest yet. */
  rings = false;

  constructor(samples: number) {
    this.bus = new MixBus(samples);
    this.frame = new Int16Array(samples);
  }
}

/**
 * The mix of a room at 8 and at 16 kHz: each frame is added at its own rate, and only their sum goes
 * to the other one. So phones of 8 kHz hear each other without a filter's delay, bit by bit.
 */
export class TwoRateBus {
  readonly #narrow = new Rate(NARROW_SAMPLES);
  readonly #wide = new Rate(WIDE_SAMPLES);
  readonly #up = new Upsampler2x();
  readonly #down = new Downsampler2x();

  clear(): void {
    for (const rate of [this.#narrow, this.#wide]) {
      rate.bus.clear();
      rate.rings = rate.isUsed;
      rate.isUsed = false;
    }
  }

  /** 20 ms at either rate. */
  add(frame: Int16Array): void {
    const rate = this.#rateOf(frame);
    rate.bus.add(frame);
    rate.isUsed = true;
  }

  /** Whether 8 kHz has anything from 16 kHz in it. */
  get isNarrowOnly(): boolean {
    return !this.#wide.isUsed && !this.#wide.rings;
  }

  /** All is added: brings each sum to the other rate, where somebody listens at that. */
  cross(listeners: { narrow: boolean; wide: boolean }): void {
    const [narrow, wide] = [this.#narrow, this.#wide];
    const goesUp = listeners.wide && (narrow.isUsed || narrow.rings);
    const goesDown = listeners.narrow && (wide.isUsed || wide.rings);
    if (goesUp) narrow.bus.write(narrow.frame);
    if (goesDown) {
      wide.bus.write(wide.frame);
      const from = wide.frame.slice();
      if (goesUp) this.#up.process(narrow.frame, wide.frame);
      this.#down.process(from, narrow.frame);
      narrow.bus.add(narrow.frame);
    } else if (goesUp) this.#up.process(narrow.frame, wide.frame);
    if (goesUp) wide.bus.add(wide.frame);
  }

  /** All of it, at the rate of `out`. */
  write(out: Int16Array): void {
    this.#rateOf(out).bus.write(out);
  }

  /** All but `own`, which was added, at its rate. */
  writeWithout(own: Int16Array, out: Int16Array): void {
    this.#rateOf(own).bus.writeWithout(own, out);
  }

  #rateOf(frame: Int16Array): Rate {
    return frame.length === NARROW_SAMPLES ? this.#narrow : this.#wide;
  }
}
