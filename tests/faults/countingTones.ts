import type { FrameSource } from '@switchroom/sip-dialin/phone';
import type { Sound } from '../support/audio/Sound.ts';

/*
 * Sound that tells which moment it is: a tone for each tenth of a second, of sixteen in turn. Who knows about
 * when something was said knows from its tone exactly which tenth it was.
 */

export const BLOCK_MS = 100;
const TONES = 16;
/** Within the telephone band; apart by more than a window of 40 ms blurs. */
const LOWEST_HZ = 400;
const STEP_HZ = 180;
const PHONE_RATE = 8000;
const BLOCK_SAMPLES = (PHONE_RATE * BLOCK_MS) / 1000;
const AMPLITUDE = 8000;

/** Windows that are listened to, ms: several lie wholly within a block. */
const WINDOW_MS = 40;
const HOP_MS = 20;
/** A block that came through has at least so many of its four. */
const NEEDED_WINDOWS = 2;
/** Of full scale: tones are sent at -12 dB, and levelled to about -19. */
const AUDIBLE = 0.01;
/** The path from phone to recorder, about, ms. */
const LATENCY_MS = 60;
/** How far from when it was said a block may seem to come: what a busy machine delays sound by. */
const REACH_BLOCKS = 3;

/** Which of the tones is block `index`; `step` is odd, and another for each phone. */
function toneOf(index: number, step: number): number {
  return (index * step) % TONES;
}

function hertz(tone: number): number {
  return LOWEST_HZ + tone * STEP_HZ;
}

/** One phone's tones, and when each block was said (ms since 1970). */
export class CountingTones {
  readonly saidAt: number[] = [];
  readonly #step: number;
  #samples = 0;
  #phase = 0;

  constructor(step: number) {
    this.#step = step;
  }

  readonly source: FrameSource = (frame) => {
    for (let i = 0; i < frame.length; i++) {
      const block = Math.floor(this.#samples / BLOCK_SAMPLES);
      if (this.#samples % BLOCK_SAMPLES === 0) this.saidAt.push(Date.now());
      this.#phase += (2 * Math.PI * hertz(toneOf(block, this.#step))) / PHONE_RATE;
      frame[i] = Math.round(AMPLITUDE * Math.sin(this.#phase));
      this.#samples++;
    }
    return true;
  };

  /** The blocks that are in a sound which begins at `startsAt` (ms since 1970). */
  blocksIn(sound: Sound, startsAt: number): Set<number> {
    const votes = new Map<number, number>();
    const perMs = sound.sampleRate / 1000;
    const size = WINDOW_MS * perMs;
    for (let ms = 0; (ms + WINDOW_MS) * perMs <= sound.samples.length; ms += HOP_MS) {
      const tone = strongest(sound.samples.subarray(ms * perMs, ms * perMs + size), perMs);
      if (tone === undefined) continue;
      const block = this.#nearest(tone, startsAt + ms + WINDOW_MS / 2 - LATENCY_MS);
      if (block !== undefined) votes.set(block, (votes.get(block) ?? 0) + 1);
    }
    return new Set(
      [...votes].filter(([, count]) => count >= NEEDED_WINDOWS).map(([block]) => block),
    );
  }

  /** The block of this tone that was said nearest to a moment. */
  #nearest(tone: number, at: number): number | undefined {
    const about = indexBefore(this.saidAt, at);
    for (let away = 0; away <= REACH_BLOCKS; away++) {
      for (const block of [about - away, about + away]) {
        const isThere = block >= 0 && block < this.saidAt.length;
        if (isThere && toneOf(block, this.#step) === tone) return block;
      }
    }
    return undefined;
  }
}

/** The last of rising numbers that is not above `at`; -1 when all are. */
function indexBefore(rising: readonly number[], at: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The tone that stands out in a window; undefined when none does. */
function strongest(window: Int16Array, perMs: number): number | undefined {
  const levels = Array.from({ length: TONES }, (_, tone) =>
    amplitude(window, hertz(tone) / (perMs * 1000)),
  );
  const best = levels.indexOf(Math.max(...levels));
  const second = Math.max(...levels.filter((_, tone) => tone !== best));
  return levels[best]! > AUDIBLE && levels[best]! > 2 * second ? best : undefined;
}

/** Of one frequency (in cycles a sample) under a Hann window, 0 to 1 (Goertzel). */
function amplitude(window: Int16Array, frequency: number): number {
  const coefficient = 2 * Math.cos(2 * Math.PI * frequency);
  let [older, newer] = [0, 0];
  for (let i = 0; i < window.length; i++) {
    const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / window.length);
    const next = (window[i]! / 32_768) * hann + coefficient * newer - older;
    older = newer;
    newer = next;
  }
  const power = newer * newer + older * older - coefficient * newer * older;
  return (Math.sqrt(Math.max(0, power)) / window.length) * 4;
}
