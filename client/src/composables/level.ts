/** Quieter than this is drawn as nothing, dB below full scale. */
export const FLOOR_DB = -60;
/** Speech close to a microphone; louder is drawn as full. */
export const CEILING_DB = -10;

/** The level of nobody speaking, dBov. */
export const SILENCE = -127;

/** A level in dBFS or dBov as the share of a meter that is lit, 0 to 1. */
export function meterOf(decibels: number): number {
  const share = (decibels - FLOOR_DB) / (CEILING_DB - FLOOR_DB);
  return Math.min(1, Math.max(0, share));
}

/** Root mean square of samples between -1 and 1, in dBFS. Silence is -Infinity. */
export function decibelsOf(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i += 1) {
    const sample = samples[i] ?? 0;
    sum += sample * sample;
  }
  return 10 * Math.log10(sum / Math.max(1, samples.length));
}
