import { chirp, CHIRP_SECONDS, find } from '../support/audio/chirp.ts';
import { duration, slice, type Sound } from '../support/audio/Sound.ts';
import { median } from './median.ts';

/** A piece of a stream, and when it was there, ms on the clock of whoever noted it. */
export interface Piece {
  at: number;
  /** Of its first sample, on the stream's own count. */
  position: number;
  samples: Int16Array;
}

/** Sound with a clock: its first sample was there at `startMs`. 8 kHz. */
export interface Timeline {
  startMs: number;
  sound: Sound;
}

const RATE = 8000;
/** What counts as the chirp and no chance likeness. */
const ALIKE = 0.5;
/** A chirp is found at the latest after this, s. */
const LATEST = 0.8;

/** Lays pieces out by their positions; their middle lateness makes the clock. */
export function timelineOf(pieces: readonly Piece[]): Timeline {
  const first = pieces[0];
  if (first === undefined)
    return { startMs: 0, sound: { sampleRate: RATE, samples: new Int16Array(0) } };
  const begin = Math.min(...pieces.map(({ position }) => position));
  const end = Math.max(...pieces.map(({ position, samples }) => position + samples.length));
  const samples = new Int16Array(end - begin);
  for (const piece of pieces) samples.set(piece.samples, piece.position - begin);
  const startMs = median(pieces.map(({ at, position }) => at - ((position - begin) * 1000) / RATE));
  return { startMs, sound: { sampleRate: RATE, samples } };
}

/** When chirps begin in a timeline, ms on its clock. */
export function chirpsIn({ startMs, sound }: Timeline): number[] {
  const times: number[] = [];
  const needle = chirp(RATE);
  const window = 2 * CHIRP_SECONDS;
  for (let from = 0; from + window <= duration(sound); from += CHIRP_SECONDS) {
    const match = find(needle, slice(sound, from, from + window));
    if (match.likeness < ALIKE) continue;
    times.push(startMs + (from + match.at) * 1000);
    from += CHIRP_SECONDS; // The next window would find the same one again.
  }
  return times;
}

/** How long after it was sent each chirp was heard, ms. */
export function delays(sent: readonly number[], heard: readonly number[]): number[] {
  return sent.flatMap((at) => {
    const then = heard.find((time) => time > at && time < at + LATEST * 1000);
    return then === undefined ? [] : [then - at];
  });
}
