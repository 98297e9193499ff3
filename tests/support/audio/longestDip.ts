import type { Sound } from './Sound.ts';

/** Long enough to tell tones 300 Hz apart. */
const WINDOW_MS = 20;
const HOP_MS = 5;
/** Of its usual amplitude: less is a dip. */
const AUDIBLE = 0.4;

/** For how long at most a tone among others was hardly there, ms: 0 for a steady one. */
export function longestDip({ samples, sampleRate }: Sound, frequency: number): number {
  const size = (sampleRate * WINDOW_MS) / 1000;
  const hop = (sampleRate * HOP_MS) / 1000;
  const amplitudes: number[] = [];
  for (let at = 0; at + size <= samples.length; at += hop) {
    amplitudes.push(amplitudeAt(samples.subarray(at, at + size), frequency / sampleRate));
  }
  const usual = amplitudes.toSorted((a, b) => a - b)[amplitudes.length >> 1] ?? 0;
  let longest = 0;
  let run = 0;
  for (const amplitude of amplitudes) {
    run = amplitude < AUDIBLE * usual ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest * HOP_MS;
}

/** Under a Hann window, so that the other tones do not count. */
function amplitudeAt(block: Int16Array, turns: number): number {
  let [cosine, sine] = [0, 0];
  block.forEach((sample, i) => {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / block.length);
    cosine += sample * window * Math.cos(2 * Math.PI * turns * i);
    sine += sample * window * Math.sin(2 * Math.PI * turns * i);
  });
  return Math.hypot(cosine, sine);
}
