/** About -0.7 dBFS: the encoder may overshoot a little. */
const CEILING = 30_000;
const HEADROOM = 32_767 - CEILING;
/** Samples over which the gain goes down: 2.5 ms at 48 kHz, too short to hear, too long to click. */
const ATTACK_SAMPLES = 120;
/** Towards full gain by so much a frame of 20 ms: about 0.7 s from half to full. */
const RELEASE_PER_FRAME = 0.015;

/** Brings a sum of voices into 16 bits: turns loud ones down, and bends what is left over while it does. */
export class Limiter {
  #gain = 1;

  /** `sum` into `out`, of the same length; one frame of 20 ms. */
  process(sum: Float32Array, out: Int16Array): void {
    let peak = 0;
    for (let i = 0; i < sum.length; i++) peak = Math.max(peak, Math.abs(sum[i]!));
    const wanted = peak > CEILING ? CEILING / peak : 1;
    const from = this.#gain;
    const to = wanted < from ? wanted : Math.min(wanted, from + RELEASE_PER_FRAME);
    const ramp = to < from ? ATTACK_SAMPLES : sum.length;
    for (let i = 0; i < sum.length; i++) {
      const gain = i < ramp ? from + ((to - from) * i) / ramp : to;
      out[i] = Math.round(bent(sum[i]! * gain));
    }
    this.#gain = to;
  }
}

/** What is above the ceiling comes ever slower to full scale: no flat top, which would crackle. */
function bent(sample: number): number {
  const over = Math.abs(sample) - CEILING;
  if (over <= 0) return sample;
  return Math.sign(sample) * (CEILING + HEADROOM * Math.tanh(over / HEADROOM));
}
