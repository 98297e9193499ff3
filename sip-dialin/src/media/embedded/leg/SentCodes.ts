import { g711, type G711Law } from '../codecs/g711.ts';
import { NARROW_SAMPLES } from '../mixer/TwoRateBus.ts';
import type { G711Frame } from '../mixer/RoomMixer.ts';

/** As many as a jitter buffer holds, and some. */
const KEPT = 10;

/** The last packets of a phone as they came, to find the one that a frame is of. */
export class SentCodes {
  readonly #kept: G711Frame[] = [];

  /** `law`: `undefined` for other codecs. The codes are kept. */
  push(codes: Uint8Array, law: G711Law | undefined): void {
    if (this.#kept.length === KEPT) this.#kept.shift();
    if (law && codes.length === NARROW_SAMPLES) this.#kept.push({ law, codes });
  }

  /** The latest of which this is the sound, every sample: nothing has been done to it. */
  find(frame: Int16Array): G711Frame | undefined {
    for (let i = this.#kept.length - 1; i >= 0; i--) {
      const { law, codes } = this.#kept[i]!;
      if (g711(law).isSoundOf(codes, frame)) return this.#kept[i];
    }
    return undefined;
  }

  clear(): void {
    this.#kept.length = 0;
  }
}
