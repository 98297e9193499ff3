/**
 * 8 kHz to 16 kHz and back through one half-band FIR: passes 0 to 3.4 kHz, stops 70 dB from
 * 4.6 kHz, linear phase, 31 samples of 16 kHz (1.9 ms) of delay each way.
 */

/** 4k + 3, so that both ends are non-zero taps. */
const TAPS = 63;
const CENTRE = (TAPS - 1) / 2;
/** Kaiser window: about 70 dB. */
const BETA = 7;

/** Every second tap of a half-band filter is zero, but for the centre (0.5). These are the others. */
const ODD_TAPS = designOddTaps();

function designOddTaps(): Float64Array {
  const taps = new Float64Array((TAPS + 1) / 2);
  let sum = 0;
  for (let i = 0; i < taps.length; i++) {
    const x = 2 * i - CENTRE; // Odd, from -31 to 31.
    const sinc = Math.sin((Math.PI * x) / 2) / (Math.PI * x);
    const window = bessel0(BETA * Math.sqrt(1 - (x / (CENTRE + 1)) ** 2)) / bessel0(BETA);
    taps[i] = sinc * window;
    sum += taps[i]!;
  }
  // Both phases have the same gain at 0 Hz, so that a constant stays one.
  return taps.map((tap) => (tap * 0.5) / sum);
}

/** Modified Bessel function of the first kind, order 0, by its series. */
function bessel0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** Doubles the rate. One per stream: it remembers the last samples. */
export class Upsampler2x {
  /** The last inputs, as many as the odd taps, before the new ones. */
  #line = new Float64Array(ODD_TAPS.length);

  /** Writes `2 * input.length` samples to `out`. */
  process(input: Int16Array, out: Int16Array): void {
    const line = extended(this.#line, ODD_TAPS.length, input);
    const half = ODD_TAPS.length / 2;
    for (let i = 0; i < input.length; i++) {
      const newest = i + ODD_TAPS.length;
      let sum = 0;
      for (let k = 0; k < ODD_TAPS.length; k++) sum += ODD_TAPS[k]! * line[newest - k]!;
      out[2 * i] = clamp(2 * sum);
      out[2 * i + 1] = line[newest - half + 1]!; // The centre tap: a pure delay.
    }
    this.#line = line.slice(input.length);
  }
}

/** Halves the rate. One per stream; `copyFrom` takes over what another has heard so far. */
export class Downsampler2x {
  #line = new Float64Array(TAPS - 1);

  /** Writes `input.length / 2` samples to `out`; the input's length is even. */
  process(input: Int16Array, out: Int16Array): void {
    const line = extended(this.#line, TAPS - 1, input);
    for (let i = 0; i < input.length / 2; i++) {
      const newest = 2 * i + TAPS - 1;
      let sum = 0.5 * line[newest - CENTRE]!;
      for (let k = 0; k < ODD_TAPS.length; k++) sum += ODD_TAPS[k]! * line[newest - 2 * k]!;
      out[i] = clamp(sum);
    }
    this.#line = line.slice(input.length);
  }

  copyFrom(other: Downsampler2x): void {
    this.#line = other.#line.slice();
  }
}

function extended(line: Float64Array, history: number, input: Int16Array): Float64Array {
  const all = new Float64Array(history + input.length);
  all.set(line);
  all.set(input, history);
  return all;
}

function clamp(value: number): number {
  return Math.max(-32768, Math.min(32767, Math.round(value)));
}
