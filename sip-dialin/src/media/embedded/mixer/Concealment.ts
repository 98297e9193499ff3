/** Pitch periods that are looked for: 66 to 400 Hz. */
const MIN_PERIOD_MS = 2.5;
const MAX_PERIOD_MS = 15;
/** Two of the longest periods, to compare, and the match's window. */
const HISTORY_MS = 40;
/** A multiple of the period is hardly more like it: the shortest is what is wanted. */
const LIKE_ENOUGH = 0.9;
/** What is made up is as loud as before for this long, then fades out. */
const STEADY_MS = 10;
const FADE_MS = 50;
/** What was made up and what comes next overlap. */
const OVERLAP_MS = 4;

/**
 * Makes up for lost packets of a codec that has no means of its own: the last pitch period goes on,
 * softer and softer, and blends into what comes next (the idea of ITU-T G.711 appendix I).
 */
export class Concealment {
  readonly #samplesPerMs: number;
  readonly #history: Int16Array;
  /** Of what is being repeated; 0 while nothing is. */
  #period = 0;
  /** How many samples were made up in a row. */
  #made = 0;
  #joins = false;

  constructor(sampleRate: number) {
    this.#samplesPerMs = sampleRate / 1000;
    this.#history = new Int16Array(HISTORY_MS * this.#samplesPerMs);
  }

  /** What has arrived, changed in place where it follows on something made up. */
  heard(pcm: Int16Array): Int16Array {
    if (this.#made > 0 || this.#joins) this.#blendInto(pcm);
    this.#made = 0;
    this.#joins = false;
    this.#remember(pcm);
    return pcm;
  }

  /** What is heard next does not follow on: it is blended into. */
  join(): void {
    if (this.#made > 0) return;
    this.#period = this.#findPeriod();
    this.#joins = true;
  }

  /** This many samples instead of what is missing. */
  make(samples: number): Int16Array {
    if (this.#made === 0) this.#period = this.#findPeriod();
    const out = new Int16Array(samples);
    for (let i = 0; i < samples; i++) out[i] = this.#repeated(this.#made + i);
    this.#made += samples;
    return out;
  }

  /** The repeated period at this many samples after the last that was heard. */
  #repeated(at: number): number {
    const start = this.#history.length - this.#period;
    return Math.round(this.#history[start + (at % this.#period)]! * this.#gain(at));
  }

  #gain(at: number): number {
    const ms = at / this.#samplesPerMs;
    return ms < STEADY_MS ? 1 : Math.max(0, 1 - (ms - STEADY_MS) / FADE_MS);
  }

  #blendInto(pcm: Int16Array): void {
    const overlap = Math.min(pcm.length, OVERLAP_MS * this.#samplesPerMs);
    for (let i = 0; i < overlap; i++) {
      const share = (i + 1) / (overlap + 1);
      pcm[i] = Math.round(pcm[i]! * share + this.#repeated(this.#made + i) * (1 - share));
    }
  }

  #remember(pcm: Int16Array): void {
    const history = this.#history;
    const part = pcm.subarray(Math.max(0, pcm.length - history.length));
    history.copyWithin(0, part.length);
    history.set(part, history.length - part.length);
  }

  /** The shortest lag at which the last sound is about as like what was before it as at any. */
  #findPeriod(): number {
    const min = MIN_PERIOD_MS * this.#samplesPerMs;
    const max = MAX_PERIOD_MS * this.#samplesPerMs;
    const likeness = new Float64Array(max + 2);
    for (let lag = min; lag <= max; lag++) likeness[lag] = this.#likeness(lag, max);
    const enough = Math.max(...likeness) * LIKE_ENOUGH;
    for (let lag = min; lag <= max; lag++) {
      const isPeak = likeness[lag]! >= likeness[lag - 1]! && likeness[lag]! >= likeness[lag + 1]!;
      if (isPeak && likeness[lag]! > 0 && likeness[lag]! >= enough) return lag;
    }
    return max;
  }

  /** Normalised correlation of the last sound with that before it by `lag`, squared. */
  #likeness(lag: number, max: number): number {
    const history = this.#history;
    let product = 0;
    let energy = 1;
    for (let i = max; i < history.length; i++) {
      const before = history[i - lag]!;
      product += history[i]! * before;
      energy += before * before;
    }
    return product > 0 ? (product * product) / energy : 0;
  }
}
