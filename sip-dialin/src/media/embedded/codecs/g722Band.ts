import { DECAY, LOG_STEPS, saturate, type BandTables } from './g722Tables.ts';

/**
 * One sub-band's adaptive state: the step size of its quantizer and the predictor, which encoder
 * and decoder move on in the same way from the same codes (G.722 sections 3.3 to 3.6, 6.2.1).
 */
export class G722Band {
  /** The predicted sample. */
  prediction = 0;
  /** The quantizer's step. */
  step: number;
  readonly #tables: BandTables;
  #logStep = 0;
  #zeroPart = 0;
  /** Differences, newest first, and the weights of the six zeros. */
  readonly #d = new Int32Array(7);
  readonly #b = new Int32Array(7);
  /** The two poles, and what they work on: reconstructed (r) and partly reconstructed (p) samples. */
  #a1 = 0;
  #a2 = 0;
  #r1 = 0;
  #p1 = 0;
  #p2 = 0;

  constructor(tables: BandTables) {
    this.#tables = tables;
    this.step = tables.firstStep;
  }

  copyFrom(other: G722Band): void {
    this.prediction = other.prediction;
    this.step = other.step;
    this.#logStep = other.#logStep;
    this.#zeroPart = other.#zeroPart;
    this.#d.set(other.#d);
    this.#b.set(other.#b);
    this.#a1 = other.#a1;
    this.#a2 = other.#a2;
    this.#r1 = other.#r1;
    this.#p1 = other.#p1;
    this.#p2 = other.#p2;
  }

  /** Takes the code that adapts the band: the low one without its two lowest bits, or the high one. */
  adapt(code: number): void {
    const difference = (this.step * this.#tables.inverse[code]!) >> 15;
    this.#adaptStep(code);
    this.#adaptPredictor(difference);
  }

  /** Blocks LOGSCL, SCALEL and their like for the high band. */
  #adaptStep(code: number): void {
    const { multipliers, maxLogStep, shift } = this.#tables;
    const next = ((this.#logStep * DECAY) >> 7) + multipliers[code]!;
    this.#logStep = next < 0 ? 0 : next > maxLogStep ? maxLogStep : next;
    const mantissa = LOG_STEPS[(this.#logStep >> 6) & 31]!;
    const down = shift - (this.#logStep >> 11);
    this.step = (down < 0 ? mantissa << -down : mantissa >> down) << 2;
  }

  /** Blocks RECONS, PARREC, UPPOL1, UPPOL2, UPZERO, FILTEP, FILTEZ and PREDIC. */
  #adaptPredictor(difference: number): void {
    const r0 = saturate(this.prediction + difference);
    const p0 = saturate(this.#zeroPart + difference);
    const sameAs1 = p0 < 0 === this.#p1 < 0;
    const sameAs2 = p0 < 0 === this.#p2 < 0;

    const quadruple = saturate(this.#a1 << 2);
    const turned = Math.min(32767, sameAs1 ? -quadruple : quadruple);
    let a2 = (sameAs2 ? 128 : -128) + (turned >> 7) + ((this.#a2 * 32512) >> 15);
    a2 = a2 > 12288 ? 12288 : a2 < -12288 ? -12288 : a2;
    let a1 = saturate((sameAs1 ? 192 : -192) + ((this.#a1 * 32640) >> 15));
    const limit = saturate(15360 - a2); // Keeps the poles stable.
    a1 = a1 > limit ? limit : a1 < -limit ? -limit : a1;

    this.#zeroPart = this.#adaptZeros(difference);
    const poles = ((a1 * saturate(2 * r0)) >> 15) + ((a2 * saturate(2 * this.#r1)) >> 15);
    this.prediction = saturate(saturate(poles) + this.#zeroPart);
    this.#a1 = a1;
    this.#a2 = a2;
    this.#r1 = r0;
    this.#p2 = this.#p1;
    this.#p1 = p0;
  }

  /** Gives what the zeros predict of the next sample. */
  #adaptZeros(difference: number): number {
    const d = this.#d;
    const b = this.#b;
    const gain = difference === 0 ? 0 : 128;
    let sum = 0;
    for (let i = 6; i > 0; i--) {
      const same = d[i]! < 0 === difference < 0;
      b[i] = saturate((same ? gain : -gain) + ((b[i]! * 32640) >> 15));
      d[i] = i === 1 ? difference : d[i - 1]!;
      sum += (b[i]! * saturate(2 * d[i]!)) >> 15;
    }
    return saturate(sum);
  }
}
