/** About -0.7 dBFS: the encoder may overshoot a little. */
const CEILING = 30_000;
/** Samples over which the gain goes down: 2.5 ms at 48 kHz, too short to hear, too long to click. */
const ATTACK_SAMPLES = 120;
/** Towards full gain by so much a frame of 20 ms: about 0.7 s from half to full. */
const RELEASE_PER_FRAME = 0.015;

/** Brings a sum of voices into 16 bits: turns loud ones down, and saturates what is left over. */
export class Limiter {
  #gain = 1;

  /** `sum` into `out`, of the same length; one frame of 20 ms. */
  process(sum: Int32Array, out: Int16Array): void {
    let peak = 0;
    for (let i = 0; i < sum.length; i++) peak = Math.max(peak, Math.abs(sum[i]!));
    const wanted = peak > CEILING ? CEILING / peak : 1;
    const from = this.#gain;
    const to = wanted < from ? wanted : Math.min(wanted, from + RELEASE_PER_FRAME);
    const ramp = to < from ? ATTACK_SAMPLES : sum.length;
    for (let i = 0; i < sum.length; i++) {
      const gain = i < ramp ? from + ((to - from) * i) / ramp : to;
      const value = Math.round(sum[i]! * gain);
      out[i] = Math.max(-32_768, Math.min(32_767, value));
    }
    this.#gain = to;
  }
}
