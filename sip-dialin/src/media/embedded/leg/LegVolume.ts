/** No frame of the mixer gets louder than this: -1 dB of full scale. */
const CEILING = 29_204;
/** A limit takes hold within this part of a frame: 2 ms, faster than it is heard. */
const ATTACK_SHARE = 0.1;
/** It lets go, and another volume comes, by 1 dB a frame at the most: neither clicks. */
const STEP = 10 ** (1 / 20);
const MAX_DB = 12;

/**
 * How loud one phone hears its room. Sound that would be too loud is turned down as a whole, a frame
 * ahead, and so is not distorted as it would be by clipping.
 */
export class LegVolume {
  #target = 1;
  #gain = 1;

  /** In dB, -12 to 12; what is beyond is taken as the bound. */
  set db(db: number) {
    this.#target = 10 ** (Math.min(MAX_DB, Math.max(-MAX_DB, db)) / 20);
  }

  /** Whether it changes anything: else the phone can hear what all others hear. */
  get isActive(): boolean {
    return this.#target !== 1 || this.#gain !== 1;
  }

  /** Changes the next 20 ms of this phone in place. */
  apply(pcm: Int16Array): void {
    let peak = 1;
    for (const sample of pcm) peak = Math.max(peak, Math.abs(sample));
    const from = this.#gain;
    const ceiling = Math.max(1, CEILING / peak); // What is loud by itself is left so.
    const wished = Math.min(this.#target, ceiling);
    const isLimit = from > ceiling;
    const to = isLimit ? wished : Math.min(from * STEP, Math.max(from / STEP, wished));
    const ramp = isLimit ? pcm.length * ATTACK_SHARE : pcm.length;
    for (let i = 0; i < pcm.length; i++) {
      const gain = i < ramp ? from + ((to - from) * (i + 1)) / ramp : to;
      pcm[i] = Math.max(-32768, Math.min(32767, Math.round(pcm[i]! * gain)));
    }
    this.#gain = Math.abs(to - this.#target) < 1e-6 ? this.#target : to;
  }
}
