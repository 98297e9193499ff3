/** Cuts the codes of prompts into frames, and tells once when all were played. */
export class PromptPlayer {
  readonly #files: readonly Uint8Array[];
  readonly #frameBytes: number;
  readonly #silence: number;
  readonly #onEnd: () => void;
  #file = 0;
  #offset = 0;
  #ended = false;

  constructor(options: {
    files: readonly Uint8Array[];
    frameBytes: number;
    /** The code that fills the last frame up. */
    silence: number;
    onEnd: () => void;
  }) {
    this.#files = options.files;
    this.#frameBytes = options.frameBytes;
    this.#silence = options.silence;
    this.#onEnd = options.onEnd;
  }

  /** The next frame; `undefined` when all was played. */
  next(): Uint8Array | undefined {
    if (this.#ended) return undefined;
    const frame = new Uint8Array(this.#frameBytes).fill(this.#silence);
    let filled = 0;
    while (filled < frame.length && this.#file < this.#files.length) {
      const file = this.#files[this.#file]!;
      const part = file.subarray(this.#offset, this.#offset + frame.length - filled);
      frame.set(part, filled);
      filled += part.length;
      this.#offset += part.length;
      if (this.#offset >= file.length) {
        this.#file += 1;
        this.#offset = 0;
      }
    }
    if (filled > 0) return frame;
    this.#ended = true;
    this.#onEnd();
    return undefined;
  }
}
