import type { Sound } from './Sound.ts';

/** Nothing is reported below this, dBFS: silence has no logarithm. */
export const FLOOR_DB = -120;

/** One block is this long, s: 10 Hz apart is told apart, and a lost packet spoils one block only. */
const BLOCK_SECONDS = 0.2;

/**
 * Power of one frequency in a block, as the amplitude of a sine at it relative to full scale.
 * Goertzel's algorithm under a Hann window, whose side lobes fall fast: a strong tone elsewhere
 * does not leak into a measurement that has to show 20 dB and more.
 */
function amplitudeAt(block: Int16Array, sampleRate: number, frequency: number): number {
  const size = block.length;
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / sampleRate);
  let older = 0;
  let newer = 0;
  for (let i = 0; i < size; i++) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size);
    const next = (block[i]! / 32768) * window + coefficient * newer - older;
    older = newer;
    newer = next;
  }
  const power = newer * newer + older * older - coefficient * newer * older;
  // The window halves the sum, a real sine has half of its amplitude on each side of zero.
  return (Math.sqrt(Math.max(0, power)) / size) * 4;
}

/**
 * How loud one frequency is, dBFS of a sine (0 = full scale). The median over blocks, so that a gap or
 * a click at one place does not decide.
 */
export function levelAt(sound: Sound, frequency: number): number {
  const size = Math.round(BLOCK_SECONDS * sound.sampleRate);
  const amplitudes: number[] = [];
  for (let at = 0; at + size <= sound.samples.length; at += size / 2) {
    const block = sound.samples.subarray(at, at + size);
    amplitudes.push(amplitudeAt(block, sound.sampleRate, frequency));
  }
  if (amplitudes.length === 0) {
    throw new Error(`A level needs at least ${BLOCK_SECONDS} s of sound.`);
  }
  amplitudes.sort((a, b) => a - b);
  return decibel(amplitudes[Math.floor(amplitudes.length / 2)]!);
}

/** The same of a short stretch, measured as one: of 40 ms, tones that are 100 Hz apart are told apart. */
export function levelWithin({ samples, sampleRate }: Sound, frequency: number): number {
  return decibel(amplitudeAt(samples, sampleRate, frequency));
}

/** Levels of several frequencies, dBFS, in the order asked. */
export function levelsAt(sound: Sound, frequencies: readonly number[]): number[] {
  return frequencies.map((frequency) => levelAt(sound, frequency));
}

/** Loudness of the whole, dBFS of the root mean square. */
export function loudness(sound: Sound): number {
  let sum = 0;
  for (const sample of sound.samples) sum += (sample / 32768) ** 2;
  return decibel(Math.sqrt(sum / Math.max(1, sound.samples.length)));
}

function decibel(amplitude: number): number {
  return Math.max(FLOOR_DB, 20 * Math.log10(Math.max(amplitude, 1e-9)));
}
