import { CLOCK_RATE, SAMPLES_PER_MS } from '../format/opus.ts';

/** Where voices are brought to, as the level of active speech (ITU-T P.56): loud enough, with room for several. */
export const TARGET_DBOV = -23;
const MAX_GAIN_DB = 18;
/** What is looked at at once: 10 ms. A gain goes evenly from one such block to the next. */
const BLOCK = 10 * SAMPLES_PER_MS;
const BLOCK_MS = (BLOCK * 1000) / CLOCK_RATE;
/** Gaps in speech are softer than what is spoken by more than this: they do not count (P.56). */
const GAP_DB = 15.9;
/** Nobody speaks so softly. */
const SOFTEST_VOICE_DBOV = -58;
/** A voice is so much above the noise of its line, which is taken for no louder than this: it may be music. */
const ABOVE_NOISE_DB = 6;
const LOUDEST_NOISE_DBOV = -50;
/** Memory of the level: of sentences, not of words. */
const RISE_MS = 1500;
const FALL_MS = 2500;
/** After a shout a voice that is far below it is no gap: the level sinks by so many dB a second of it. */
const SINK_RATE = 4;
/** How much speech must have been heard before a gain is chosen. */
const WARM_UP_MS = 200;
/** dB a second: down faster than up, since what is too loud hurts. */
const DOWN_RATE = 24;
const UP_RATE = 12;
/** In pauses longer than this a raised gain goes back to 1, at this pace: the noise of a line is never raised. */
const HOLD_MS = 150;
const RELEASE_DB_PER_S = 120;
/** And where it is heard under the voice, noise is not brought above this: a voice at the target masks it. */
const NOISE_CEILING_DBOV = -44;
/** The noise is the lower of the last two stretches of this length. */
const NOISE_WINDOW_MS = 2000;
/** No line is so quiet: nothing was sent, which says nothing of its noise. */
const NO_NOISE_DBOV = -90;
const SILENCE_DBOV = -127;

/** Brings one voice slowly to the level that all have in the mix. One for each track; 48 kHz. */
export class Leveller {
  /** Speech power, relative to full scale; 0 before any was heard. */
  #power = 0;
  #heardMs = 0;
  #wantedDb = 0;
  /** What the voice gets; what was used last, which is less in pauses. */
  #gainDb = 0;
  #usedDb = 0;
  #sinceVoiceMs = 0;
  #noise = { now: 0, before: 0, sinceMs: 0 };

  /** Of the voice at present, dB. */
  get gainDb(): number {
    return this.#gainDb;
  }

  /** `pcm` into `out`, of the same length at least; what is beyond 16 bits stays so. */
  process(pcm: Int16Array, out: Float32Array): void {
    for (let at = 0; at < pcm.length; at += BLOCK) {
      const end = Math.min(pcm.length, at + BLOCK);
      const from = 10 ** (this.#usedDb / 20);
      this.#hear(levelDbov(pcm, at, end));
      const to = 10 ** (this.#usedDb / 20);
      const step = (to - from) / (end - at);
      for (let i = at; i < end; i++) out[i] = pcm[i]! * (from + step * (i - at + 1));
    }
  }

  #hear(dbov: number): void {
    this.#watchNoise(dbov);
    if (this.#isVoice(dbov)) {
      this.#measure(dbov);
      this.#sinceVoiceMs = 0;
      const [down, up] = [(DOWN_RATE * BLOCK_MS) / 1000, (UP_RATE * BLOCK_MS) / 1000];
      this.#gainDb += Math.max(-down, Math.min(up, this.#wantedDb - this.#gainDb));
      this.#usedDb = this.#gainDb;
      return;
    }
    this.#sinceVoiceMs += BLOCK_MS;
    if (this.#sinceVoiceMs <= HOLD_MS || this.#usedDb <= 0) return;
    this.#usedDb = Math.max(0, this.#usedDb - (RELEASE_DB_PER_S * BLOCK_MS) / 1000);
  }

  #isVoice(dbov: number): boolean {
    const noise = Math.min(this.#noiseDbov, LOUDEST_NOISE_DBOV);
    return dbov > Math.max(SOFTEST_VOICE_DBOV, noise + ABOVE_NOISE_DB);
  }

  get #noiseDbov(): number {
    return Math.min(this.#noise.now, this.#noise.before);
  }

  /** The active speech level: what is well below it is a gap between words. */
  #measure(dbov: number): void {
    const power = 10 ** (dbov / 10);
    if (this.#power > 0 && dbov < 10 * Math.log10(this.#power) - GAP_DB) {
      this.#power *= 10 ** ((-SINK_RATE * BLOCK_MS) / 10_000);
    } else {
      this.#heardMs += BLOCK_MS;
      const memory = power > this.#power ? RISE_MS : FALL_MS;
      const share = Math.max(BLOCK_MS / this.#heardMs, BLOCK_MS / memory);
      this.#power += (power - this.#power) * share;
    }
    if (this.#heardMs < WARM_UP_MS) return;
    const ceiling = Math.max(0, NOISE_CEILING_DBOV - this.#noiseDbov);
    const wanted = TARGET_DBOV - 10 * Math.log10(this.#power);
    this.#wantedDb = Math.max(-MAX_GAIN_DB, Math.min(MAX_GAIN_DB, ceiling, wanted));
  }

  /** Minimum statistics: between words every line falls back to its noise. */
  #watchNoise(dbov: number): void {
    if (dbov < NO_NOISE_DBOV) return;
    const noise = this.#noise;
    noise.now = noise.sinceMs === 0 ? dbov : Math.min(noise.now, dbov);
    noise.sinceMs += BLOCK_MS;
    if (noise.sinceMs < NOISE_WINDOW_MS) return;
    noise.before = noise.now;
    noise.sinceMs = 0;
  }
}

/** Loudness of a part in dBov: 0 is a square wave of full scale, -127 is silence (RFC 6464). */
export function levelDbov(pcm: Int16Array, from = 0, to = pcm.length): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += pcm[i]! * pcm[i]!;
  if (sum === 0) return SILENCE_DBOV;
  return Math.max(SILENCE_DBOV, 10 * Math.log10(sum / (to - from) / 2 ** 30));
}
