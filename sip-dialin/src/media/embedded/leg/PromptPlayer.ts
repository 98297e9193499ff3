/** Gives the frames of prompts one after the other, and tells once when all were played. */
export class PromptPlayer {
  readonly #files: readonly (readonly Uint8Array[])[];
  readonly #onEnd: () => void;
  #file = 0;
  #frame = 0;
  #ended = false;

  /** `files`: each in encoded frames of 20 ms. */
  constructor(files: readonly (readonly Uint8Array[])[], onEnd: () => void) {
    this.#files = files;
    this.#onEnd = onEnd;
  }

  /** The next frame; `undefined` when all was played. */
  next(): Uint8Array | undefined {
    if (this.#ended) return undefined;
    for (; this.#file < this.#files.length; this.#file++) {
      const frame = this.#files[this.#file]![this.#frame++];
      if (frame) return frame;
      this.#frame = 0;
    }
    this.#ended = true;
    this.#onEnd();
    return undefined;
  }
}
