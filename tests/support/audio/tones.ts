import type { Sound } from './Sound.ts';

export interface ToneOptions {
  /** Hz. */
  frequency: number;
  /** Length, s. */
  seconds: number;
  /** Hz; 8000 if not given. */
  sampleRate?: number;
  /** Peak of the sine, 0 to 1; 0.25 if not given: four of them together do not clip. */
  amplitude?: number;
  /** Swing of the frequency to both sides, Hz: a warble is not taken for a hum. None if not given. */
  warble?: number;
  /** Sound and silence in turn, s; steady if not given. */
  burst?: { on: number; off: number };
}

/** Warbles a second: slow enough to be one band, fast enough not to be called steady. */
const WARBLE_HZ = 5;
/** Bursts fade in and out this long, s: a hard edge has power at every frequency. */
const FADE = 0.01;

/** How loud a burst is at `time` s after the start, 0 to 1. */
function envelope(time: number, burst: ToneOptions['burst']): number {
  if (burst === undefined) return 1;
  const at = time % (burst.on + burst.off);
  if (at >= burst.on) return 0;
  return Math.min(1, at / FADE, (burst.on - at) / FADE);
}

/** A sine, steady or warbling, whole or in bursts. */
export function tone(options: ToneOptions): Sound {
  const { frequency, seconds, sampleRate = 8000, amplitude = 0.25, warble = 0, burst } = options;
  const samples = new Int16Array(Math.round(seconds * sampleRate));
  let phase = 0;
  for (let i = 0; i < samples.length; i++) {
    const time = i / sampleRate;
    samples[i] = Math.round(32767 * amplitude * envelope(time, burst) * Math.sin(phase));
    const swing = warble * Math.sin(2 * Math.PI * WARBLE_HZ * time);
    phase += (2 * Math.PI * (frequency + swing)) / sampleRate;
  }
  return { sampleRate, samples };
}

/** Digital silence, s. */
export function silence(seconds: number, sampleRate = 8000): Sound {
  return { sampleRate, samples: new Int16Array(Math.round(seconds * sampleRate)) };
}
