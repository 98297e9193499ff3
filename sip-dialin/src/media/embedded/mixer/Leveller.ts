import { levelDbov } from './level.ts';

/** Where voices are brought to: speech on a good line (ITU-T P.56 active level, G.100 Annex). */
export const TARGET_DBOV = -26;
/** So near the target a voice is left as it is, to the bit. */
const DEAD_BAND_DB = 6;
/**
 * Beyond the band the further off, the nearer it is brought: a gain that begins at 0 dB at the edge
 * knows no step that it could go to and fro over.
 */
const SLOPE = 1.5;
/** Of speech beyond the band: who is there for so long is brought to the target wholly, and no chance word is. */
const SETTLED_MS = 1000;
/** So near the target there is nothing left to do, and the gain that goes is not heard. */
const NEAR_DB = 2;
/** Well within the band for so long it is left alone again: so much more that no voice goes to and fro. */
const WELL_WITHIN_DB = 5;
const ALONE_AGAIN_MS = 10_000;
const MAX_GAIN_DB = 18;
/** Less than this is not worth losing exactness for. */
const LEAST_GAIN_DB = 0.5;
/** Gaps in speech are softer than what is spoken by more than this: they do not count (P.56). */
const GAP_DB = 15.9;
/** Memory of the level: seconds of speech, not of sentences, so that no word is heard to be levelled. */
const RISE_MS = 1500;
const FALL_MS = 4000;
/** How much speech must have been heard before a gain is chosen. */
const WARM_UP_MS = 300;
/** dB a second: slower than any syllable; down faster than up, since what is too loud hurts. */
const DOWN_RATE = 12;
const UP_RATE = 6;
/** In pauses a raised gain goes back to 1: the noise of a line is never raised. */
const RELEASE_MS = 60;
/** And where it is heard under the voice, noise is not brought above this. */
const NOISE_CEILING_DBOV = -50;
/** The noise is the lower of the last two stretches of this length. */
const NOISE_WINDOW_MS = 2000;
/** What is nearer to it may be noise: that goes up and down by some dB. */
const ABOVE_NOISE_DB = 10;
/** Above this what was raised is bent, so that it never clips. */
const KNEE = 22_000;
const HEADROOM = 32_767 - KNEE;
/** No raised peak is meant to be higher than this; down to it the gain goes within a millisecond. */
const LOUDEST_PEAK = 30_000;

/**
 * Evens the voices of a room: brings one stream's speech slowly towards a common level. One per
 * stream; PCM of any rate.
 */
export class Leveller {
  /** Speech power, relative to full scale; 0 before any was heard. */
  #power = 0;
  #heardMs = 0;
  /** Whether it is brought to the target wholly, and for how much speech it has been otherwise. */
  #isSettled = false;
  #otherMs = 0;
  #wantedDb = 0;
  /** Of the last sample: what was wanted, and what was used. */
  #gainDb = 0;
  #gain = 1;
  #noise = { now: 0, before: 0, sinceMs: 0 };

  /** Whether silence goes by without a change of it, or of this. */
  get isAtRest(): boolean {
    return this.#gain === 1 || this.#gainDb <= 0;
  }

  /** Of the voice at present, dB. */
  get gainDb(): number {
    return this.#gainDb;
  }

  /** The softest of what this voice says, as far as that stands out of its noise; `undefined` before it is known. */
  get softestDbov(): number | undefined {
    if (this.#heardMs < WARM_UP_MS) return undefined;
    return Math.max(10 * Math.log10(this.#power) - GAP_DB, this.#noiseDbov + ABOVE_NOISE_DB);
  }

  get #noiseDbov(): number {
    return Math.min(this.#noise.now, this.#noise.before);
  }

  /** Changes `pcm`, which lasts `ms`, in place. `voice`: whether somebody speaks in it. */
  process(pcm: Int16Array, ms: number, voice: boolean): void {
    const dbov = levelDbov(pcm);
    this.#watchNoise(dbov, ms);
    if (voice) this.#measure(dbov, ms);
    if (voice) this.#approach(ms);

    const from = this.#gain;
    const limit = from > 1 ? Math.max(1, LOUDEST_PEAK / peakOf(pcm)) : Infinity;
    if (limit < from) this.#gainDb = Math.min(this.#gainDb, 20 * Math.log10(limit));
    const released = voice || this.#gainDb <= 0;
    const to = released ? 10 ** (this.#gainDb / 20) : Math.max(1, from - this.#fall(ms));
    this.#gain = to;
    const isUnity = from === 1 && to === 1;
    if (!isUnity) apply(pcm, from, to, limit < from ? pcm.length / ms : pcm.length);
  }

  #fall(ms: number): number {
    return ((10 ** (this.#gainDb / 20) - 1) * ms) / RELEASE_MS;
  }

  /** The active speech level: frames well below it are gaps between words. */
  #measure(dbov: number, ms: number): void {
    const power = 10 ** (dbov / 10);
    const level = 10 * Math.log10(this.#power);
    if (this.#power > 0 && dbov < level - GAP_DB) return;
    this.#heardMs += ms;
    const memory = power > this.#power ? RISE_MS : FALL_MS;
    this.#power += (power - this.#power) * Math.max(ms / this.#heardMs, ms / memory);
    if (this.#heardMs < WARM_UP_MS) return;
    const now = 10 * Math.log10(this.#power);
    this.#settle(Math.abs(now - TARGET_DBOV), ms);
    this.#wantedDb = this.#gainFor(now);
  }

  /** Whether the voice is one that is brought to the target; `off`: how far from it, dB. */
  #settle(off: number, ms: number): void {
    const isOther = this.#isSettled ? off < WELL_WITHIN_DB : off > DEAD_BAND_DB + LEAST_GAIN_DB;
    this.#otherMs = isOther ? this.#otherMs + ms : 0;
    const isLongEnough = this.#otherMs >= (this.#isSettled ? ALONE_AGAIN_MS : SETTLED_MS);
    if (!isLongEnough && !(this.#isSettled && off < NEAR_DB)) return;
    this.#isSettled = !this.#isSettled;
    this.#otherMs = 0;
  }

  #gainFor(level: number): number {
    const off = level - TARGET_DBOV;
    const beyond = Math.max(0, Math.abs(off) - DEAD_BAND_DB);
    const wanted = this.#isSettled ? Math.abs(off) : Math.min(Math.abs(off), beyond * SLOPE);
    const gain = -Math.sign(off) * wanted;
    const ceiling = Math.min(MAX_GAIN_DB, Math.max(0, NOISE_CEILING_DBOV - this.#noiseDbov));
    const bounded = Math.min(ceiling, Math.max(-MAX_GAIN_DB, gain));
    return Math.abs(bounded) < LEAST_GAIN_DB ? 0 : bounded;
  }

  #approach(ms: number): void {
    const down = (DOWN_RATE * ms) / 1000;
    const up = (UP_RATE * ms) / 1000;
    this.#gainDb += Math.max(-down, Math.min(up, this.#wantedDb - this.#gainDb));
  }

  /** Minimum statistics: between words every line falls back to its noise. */
  #watchNoise(dbov: number, ms: number): void {
    const noise = this.#noise;
    noise.now = noise.sinceMs === 0 ? dbov : Math.min(noise.now, dbov);
    noise.sinceMs += ms;
    if (noise.sinceMs < NOISE_WINDOW_MS) return;
    noise.before = noise.now;
    noise.sinceMs = 0;
  }
}

function peakOf(pcm: Int16Array): number {
  let peak = 1;
  for (let i = 0; i < pcm.length; i++) peak = Math.max(peak, Math.abs(pcm[i]!));
  return peak;
}

/** A gain that goes evenly from one to the other, in `ramp` samples: a step would click. */
function apply(pcm: Int16Array, from: number, to: number, ramp: number): void {
  for (let i = 0; i < pcm.length; i++) {
    const gain = from + (to - from) * Math.min(1, (i + 1) / ramp);
    pcm[i] = Math.round(gain > 1 ? bent(pcm[i]! * gain) : pcm[i]! * gain);
  }
}

/** What is only lowered cannot clip, and is not bent. */
function bent(sample: number): number {
  const over = Math.abs(sample) - KNEE;
  if (over <= 0) return sample;
  return Math.sign(sample) * (KNEE + HEADROOM * Math.tanh(over / HEADROOM));
}
