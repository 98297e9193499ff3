import { MIX_SAMPLES } from '../mixer/OpusSource.ts';

interface Said {
  /** `undefined` while it is being loaded. */
  pcm: Int16Array | undefined;
  end: () => void;
}

/** Sounds that are said one after the other, in frames of the mixer. */
export class SayQueue {
  readonly #said: Said[] = [];
  readonly #frame = new Int16Array(MIX_SAMPLES);
  /** Into the first of the queue. */
  #at = 0;

  get isEmpty(): boolean {
    return this.#said.length === 0;
  }

  /** In the order of the calls, whatever is loaded first. Resolves when it was said, or forgotten. */
  async add(loading: Promise<Int16Array>): Promise<void> {
    const ended = Promise.withResolvers<undefined>();
    const said: Said = { pcm: undefined, end: () => ended.resolve(undefined) };
    this.#said.push(said);
    try {
      said.pcm = await loading;
    } catch (error) {
      const index = this.#said.indexOf(said);
      if (index !== -1) this.#said.splice(index, 1);
      throw error;
    }
    await ended.promise;
  }

  /** The next 20 ms at 16 kHz, valid until the next call; `undefined` while there is nothing to say. */
  pull(): Int16Array | undefined {
    for (let said = this.#said[0]; said?.pcm; said = this.#said[0]) {
      const part = said.pcm.subarray(this.#at, this.#at + MIX_SAMPLES);
      this.#at += part.length;
      if (part.length > 0) {
        this.#frame.set(part);
        this.#frame.fill(0, part.length);
        return this.#frame;
      }
      this.#at = 0;
      this.#said.shift();
      said.end();
    }
    return undefined;
  }

  /** Whoever waits for the end of what was not said is told. */
  clear(): void {
    this.#at = 0;
    for (const { end } of this.#said.splice(0)) end();
  }
}
