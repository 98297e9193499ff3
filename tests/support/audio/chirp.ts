import type { Sound } from './Sound.ts';

/** Sweep, Hz: within the telephone band, so that it comes through every codec. */
const FROM_HZ = 500;
const TO_HZ = 2500;
export const CHIRP_SECONDS = 0.2;

/** A sweep whose autocorrelation is one sharp peak: where it is found is when it was said. */
export function chirp(sampleRate = 8000, amplitude = 0.5): Sound {
  const size = Math.round(CHIRP_SECONDS * sampleRate);
  const samples = new Int16Array(size);
  for (let i = 0; i < size; i++) {
    const t = i / sampleRate;
    const phase = 2 * Math.PI * (FROM_HZ * t + ((TO_HZ - FROM_HZ) * t * t) / (2 * CHIRP_SECONDS));
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size);
    samples[i] = Math.round(32767 * amplitude * window * Math.sin(phase));
  }
  return { sampleRate, samples };
}

export interface Match {
  /** Where the needle begins in the haystack, s. */
  at: number;
  /** How like it is, 0 to 1 (normalised cross-correlation). */
  likeness: number;
}

/**
 * Where a sound begins inside another of the same sample rate, by normalised cross-correlation over all
 * positions. Codecs turn phases, so it is the absolute value that counts.
 */
export function find(needle: Sound, haystack: Sound): Match {
  if (needle.sampleRate !== haystack.sampleRate) {
    throw new Error('The sounds differ in sample rate.');
  }
  const { samples: n } = needle;
  const { samples: h } = haystack;
  const needleEnergy = energy(n, 0, n.length);
  let window = energy(h, 0, n.length);
  let best: Match = { at: 0, likeness: 0 };
  for (let lag = 0; lag + n.length <= h.length; lag++) {
    let sum = 0;
    for (let i = 0; i < n.length; i++) sum += n[i]! * h[lag + i]!;
    // A quiet place has no likeness worth the name: 1 % of the needle's energy is the least.
    const scale = Math.sqrt(needleEnergy * Math.max(window, needleEnergy * 1e-4));
    const likeness = Math.abs(sum) / scale;
    if (likeness > best.likeness) best = { at: lag / needle.sampleRate, likeness };
    window += (h[lag + n.length] ?? 0) ** 2 - h[lag]! ** 2;
  }
  return best;
}

function energy(samples: Int16Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < Math.min(to, samples.length); i++) sum += samples[i]! ** 2;
  return sum;
}
