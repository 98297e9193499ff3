import { SAMPLES_PER_MS } from '../format/opus.ts';

/** -45 dBFS, as the mean of squares: a voice is above it, a room's noise is not. */
const LOUD = (32_768 * 10 ** (-45 / 20)) ** 2;
/** Pauses within what is one turn to a listener. */
const PAUSE = 1000 * SAMPLES_PER_MS;
/** A click or a cough is no turn. */
const SHORTEST = 120 * SAMPLES_PER_MS;
/** One sample in so many is looked at. */
const STRIDE = 8;

/** When somebody spoke, by the level of what they sent. It is told packet by packet, in order. */
export class SpeechSpans {
  readonly #spans: { from: number; to: number; loud: number }[] = [];

  /** `position`: on the recording's clock, in samples. */
  push(pcm: Int16Array, position: number): void {
    let power = 0;
    for (let i = 0; i < pcm.length; i += STRIDE) power += pcm[i]! * pcm[i]!;
    if (power * STRIDE < LOUD * pcm.length) return;
    const end = position + pcm.length;
    const last = this.#spans.at(-1);
    if (last !== undefined && position - last.to <= PAUSE) {
      last.to = end;
      last.loud += pcm.length;
    } else {
      if (last !== undefined && last.loud < SHORTEST) this.#spans.pop();
      this.#spans.push({ from: position, to: end, loud: pcm.length });
    }
  }

  /** In ms of the recording's clock. */
  get spans(): { fromMs: number; toMs: number }[] {
    return this.#spans
      .filter(({ loud }) => loud >= SHORTEST)
      .map(({ from, to }) => ({
        fromMs: Math.floor(from / SAMPLES_PER_MS),
        toMs: Math.ceil(to / SAMPLES_PER_MS),
      }));
  }
}
