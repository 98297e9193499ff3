/** The samples of a phone. */
const RATE = 8000;
/** The tone to watch: two whole periods fit in a window, so it is measured the same wherever that begins. */
export const WATCHED_TONE = 1000;
/** One period a window: whatever else is heard at this frequency takes nothing from the measured tone. */
export const OTHER_TONE = 500;
const WINDOW = 16;
/** Of the tone's usual level: less is a gap. */
const AUDIBLE = 0.5;
/** Of its amplitude: a sample that is so far from where a sine goes on is a click. G.711 alone makes 0.05. */
const CLICK = 0.25;

/**
 * Listens to a steady tone as it comes, frame by frame, and notes gaps and clicks. Nothing is kept, so it can listen for
 * hours. The first frames give the level that is expected.
 */
export class ToneWatch {
  /** The longest time without the tone, ms: silence, or packets that never came. */
  longestGapMs = 0;
  /** Gaps of more than 5 ms. */
  gaps = 0;
  clicks = 0;
  /** Somebody else is heard as well, and is no click. */
  isMixed = false;
  /** How much was listened to, ms. */
  listenedMs = 0;
  #amplitude = 0;
  #next: number | undefined;
  #gap = 0;
  #rest: number[] = [];
  readonly #cosine = 2 * Math.cos((2 * Math.PI * WATCHED_TONE) / RATE);

  /** `position`: of the first sample, by RTP timestamps. Late or doubled frames are passed over. */
  push(position: number, samples: Int16Array): void {
    const missing = this.#next === undefined ? 0 : position - this.#next;
    if (missing < 0) return;
    if (missing > 0) {
      this.#lost(missing);
      this.#rest = [];
    }
    this.#next = position + samples.length;
    this.listenedMs += ((missing + samples.length) * 1000) / RATE;
    for (const sample of samples) this.#take(sample);
  }

  #take(sample: number): void {
    const [older, old] = this.#rest.slice(-2);
    // A sine goes on by x[n] = 2 cos(w) x[n-1] - x[n-2].
    if (older !== undefined && old !== undefined && this.#amplitude > 0 && !this.isMixed) {
      const expected = this.#cosine * old - older;
      if (Math.abs(sample - expected) > CLICK * this.#amplitude) this.clicks += 1;
    }
    this.#rest.push(sample);
    if (this.#rest.length < WINDOW + 2) return;
    const window = this.#rest.slice(2);
    this.#rest = this.#rest.slice(-2);
    const amplitude = amplitudeOf(window);
    if (this.#amplitude === 0) this.#amplitude = amplitude;
    if (amplitude < AUDIBLE * this.#amplitude) this.#lost(WINDOW);
    else this.#gap = 0;
  }

  #lost(samples: number): void {
    const before = this.#gap;
    this.#gap += (samples * 1000) / RATE;
    if (before <= 5 && this.#gap > 5) this.gaps += 1;
    this.longestGapMs = Math.max(this.longestGapMs, this.#gap);
  }
}

/** Of the watched tone alone, in one window. */
function amplitudeOf(window: readonly number[]): number {
  let [re, im] = [0, 0];
  window.forEach((sample, i) => {
    const angle = (2 * Math.PI * WATCHED_TONE * i) / RATE;
    re += sample * Math.cos(angle);
    im += sample * Math.sin(angle);
  });
  return (2 * Math.hypot(re, im)) / WINDOW;
}
