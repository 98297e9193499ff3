import type { Frames, Loop } from '../prompts/PromptStore.ts';

/** Gives the frames of prompts one after the other, and tells once when all were played. */
export class PromptPlayer {
  #parts: readonly Frames[];
  readonly #again: Frames | undefined;
  readonly #onEnd: () => void;
  #part = 0;
  #frame = 0;
  #ended = false;

  /** Each in encoded frames of 20 ms. A loop never ends. */
  constructor(sounds: readonly Frames[] | Loop, onEnd: () => void) {
    this.#again = 'again' in sounds ? sounds.again : undefined;
    this.#parts = 'again' in sounds ? [sounds.once] : sounds;
    this.#onEnd = onEnd;
  }

  /** The next frame; `undefined` when all was played, or there is none in a loop. */
  next(): Uint8Array | undefined {
    if (this.#ended) return undefined;
    for (; this.#part < this.#parts.length; this.#part++) {
      const frame = this.#parts[this.#part]![this.#frame++];
      if (frame) return frame;
      this.#frame = 0;
    }
    if (this.#again) {
      this.#parts = [this.#again];
      this.#part = 0;
      return this.#again[this.#frame++];
    }
    this.#ended = true;
    this.#onEnd();
    return undefined;
  }
}
