import { ToneWatch, WATCHED_TONE } from '../../bench/ToneWatch.ts';
import { slice, type Sound } from './Sound.ts';
import { tone } from './tones.ts';

/** Of a sample that belongs to the tone, not to silence or noise. */
const LOUD = 1500;
/** Left out at both ends, s: it fades in and out there. */
const MARGIN = 0.06;

/** A tone that can be watched for gaps and clicks, as loud as callers are levelled to; 8 kHz. */
export function watchedTone(seconds: number): Sound {
  return tone({ frequency: WATCHED_TONE, seconds, amplitude: 0.11 });
}

export interface SpokenTone {
  /** From where it begins to where it ends, s. */
  seconds: number;
  longestGapMs: number;
  /** Of more than 5 ms. */
  gaps: number;
  clicks: number;
}

/** How the watched tone came out of a line that was silent before and after; undefined before there is any. */
export function spokenTone(sound: Sound): SpokenTone | undefined {
  const first = sound.samples.findIndex((sample) => Math.abs(sample) > LOUD);
  const last = sound.samples.findLastIndex((sample) => Math.abs(sample) > LOUD);
  if (first < 0) return undefined;
  const from = first / sound.sampleRate + MARGIN;
  const to = last / sound.sampleRate - MARGIN;
  const watch = new ToneWatch();
  watch.push(0, slice(sound, from, to).samples);
  const { longestGapMs, gaps, clicks } = watch;
  return { seconds: (last - first) / sound.sampleRate, longestGapMs, gaps, clicks };
}
