import { ToneAnalyser } from './ToneAnalyser.ts';

/** Long enough to tell the frequencies apart, short enough to fit into the shortest key. */
const BLOCK_MS = 12.75;
/** Blocks overlap by half. */
const HOP_MS = BLOCK_MS / 2;
/** Five blocks in a row: a key of 40 ms has them, one of 23 ms has not (ITU-T Q.24). */
const HITS = 5;
/** So many make it likely: it is kept from the room from then on. */
const SUSPECT_HITS = 2;
/** A break of 20 ms is the same press, one of 40 ms is not. */
const MISSES = 5;
/** What was sent before a key was sure, and may still wait to be played. */
const LOOK_BACK_MS = 40;
/** Voices are not cut off at a corner. */
const FADE_MS = 2;

/**
 * Keys that a call has in its sound, where it has no telephone-event: hears them, and keeps them from
 * the room. One per stream.
 */
export class ToneKeys {
  readonly #rate: number;
  readonly #block: Int16Array;
  readonly #hop: number;
  readonly #analyser: ToneAnalyser;
  /** Samples of the block since the last look. */
  #fresh = 0;
  #key: string | undefined;
  #hits = 0;
  #misses = 0;
  #pressed: string | undefined;
  /** The packets before. */
  #recent: Int16Array[] = [];

  /** `rate`: samples a second, 8 or 16 kHz. */
  constructor(rate: number) {
    this.#rate = rate;
    this.#hop = Math.round((HOP_MS * rate) / 1000);
    this.#block = new Int16Array(2 * this.#hop);
    this.#analyser = new ToneAnalyser(rate, this.#hop);
  }

  /**
   * Takes the next packet, in which it silences a key; a moment before, too, as far as nobody has
   * copied those packets yet. Gives the key when a press begins.
   */
  push(pcm: Int16Array): string | undefined {
    const wasMuted = this.#isMuted;
    const sound = pcm.slice();
    let begun: string | undefined;
    let muteFrom = wasMuted ? 0 : pcm.length;
    let muteTo = pcm.length;
    for (let at = 0; at < sound.length;) {
      const count = Math.min(sound.length - at, this.#hop - this.#fresh);
      this.#append(sound.subarray(at, at + count));
      at += count;
      if (this.#fresh < this.#hop) continue;
      this.#fresh = 0;
      begun = this.#look() ?? begun;
      if (this.#isMuted) [muteFrom, muteTo] = [Math.min(muteFrom, at), pcm.length];
      else muteTo = Math.min(muteTo, at);
    }
    // Once it is likely nothing of this packet is sure to be a voice.
    if (this.#isMuted && !wasMuted) muteFrom = 0;
    if (begun !== undefined) for (const packet of this.#recent) packet.fill(0);
    this.#silence(pcm, muteFrom, muteTo, wasMuted);
    this.#remember(pcm);
    return begun;
  }

  get #isMuted(): boolean {
    return this.#pressed !== undefined || this.#hits >= SUSPECT_HITS;
  }

  #append(part: Int16Array): void {
    this.#block.copyWithin(0, part.length);
    this.#block.set(part, this.#block.length - part.length);
    this.#fresh += part.length;
  }

  /** The key whose press is sure with this block. */
  #look(): string | undefined {
    const key = this.#analyser.keyOf(this.#block);
    if (key === undefined || key !== this.#key) this.#hits = 0;
    this.#key = key;
    if (key !== undefined) this.#hits += 1;
    this.#misses = key !== undefined && key === this.#pressed ? 0 : this.#misses + 1;
    if (this.#misses >= MISSES) this.#pressed = undefined;
    if (this.#hits < HITS || key === this.#pressed) return undefined;
    this.#pressed = key;
    this.#misses = 0;
    return key;
  }

  #silence(pcm: Int16Array, from: number, to: number, wasMuted: boolean): void {
    if (from >= to) return;
    const fade = (FADE_MS * this.#rate) / 1000;
    for (let i = from; i < to; i++) {
      const out = wasMuted ? 1 : (i - from) / fade;
      const back = to < pcm.length ? (to - i) / fade : 1;
      pcm[i] = Math.round(pcm[i]! * (1 - Math.min(1, out, back)));
    }
  }

  #remember(pcm: Int16Array): void {
    this.#recent.push(pcm);
    let ms = 0;
    for (const packet of this.#recent) ms += (packet.length * 1000) / this.#rate;
    while (ms > LOOK_BACK_MS && this.#recent.length > 1) {
      ms -= (this.#recent.shift()!.length * 1000) / this.#rate;
    }
  }
}
