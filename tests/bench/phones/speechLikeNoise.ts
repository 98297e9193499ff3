import type { Sound } from '../../support/audio/Sound.ts';

const RATE = 8000;
const SECONDS = 5;
/** About -26 dBov with the swell below: speech as it should be, which no leveller touches. */
const AMPLITUDE = 4800;
/** Syllables a second. */
const SYLLABLES = 4;

/**
 * Noise that swells as speech does. No piece of it is like another, so that each packet is found again wherever it has
 * come to; it is the same at each start.
 */
export function speechLikeNoise(): Sound {
  let state = 0x2545f491;
  const samples = Int16Array.from({ length: SECONDS * RATE }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const swell = 0.6 + 0.4 * Math.sin((2 * Math.PI * SYLLABLES * i) / RATE);
    return Math.round((state / 2 ** 31) * AMPLITUDE * swell);
  });
  return { sampleRate: RATE, samples };
}
