import { SAMPLES_PER_MS } from '../format/opus.ts';
import type { PlacedPacket } from '../format/packets.ts';
import type { AudioLog } from './AudioLog.ts';
import type { Mixer } from './Mixer.ts';

/**
 * The mix runs so far behind the clock: longer than packets are held to be ordered and tied (160 ms), and
 * than a network usually stalls.
 */
const DELAY_SAMPLES = 600 * SAMPLES_PER_MS;
/** One record holds so much of the mix. With the delay, a crash costs it less than a second. */
const BATCH_SAMPLES = 300 * SAMPLES_PER_MS;
/**
 * A turn that comes so late found the process stalled. What came meanwhile waits in the sockets, and would be too late
 * for the mix: it is let in first, which takes as long as packets are held.
 */
const STALL_SAMPLES = 400 * SAMPLES_PER_MS;
const LET_IN_SAMPLES = 200 * SAMPLES_PER_MS;
/** A whole frame: the end of the mix is cut by its end record. */
const FRAME = 960;

/** Writes the mix of a recording while it runs. */
export class MixWriter {
  readonly mixer: Mixer;
  readonly #log: AudioLog;
  #batch: PlacedPacket[] = [];
  #sealedTo = 0;
  /** Where the clock was at the last turn. */
  #tickedAt = 0;
  /** After a stall nothing is mixed before this; 0 when there was none. */
  #heldUntil = 0;

  constructor(mixer: Mixer, log: AudioLog) {
    this.mixer = mixer;
    this.#log = log;
  }

  /** Mixes what is due when the recording's clock is at `position` (samples). */
  tick(position: number): void {
    if (this.#isHeld(position)) return;
    this.#batch.push(...this.mixer.mix(position - DELAY_SAMPLES));
    if (this.mixer.cursor - this.#sealedTo >= BATCH_SAMPLES) this.#seal();
  }

  /** Mixes the rest, up to the recording's end. */
  finish(end: number): void {
    this.#batch.push(...this.mixer.mix(Math.ceil(end / FRAME) * FRAME));
    this.#seal(end);
    this.mixer.close();
  }

  #isHeld(position: number): boolean {
    const isStalled = position - this.#tickedAt > STALL_SAMPLES;
    this.#tickedAt = position;
    // One that stalls again meanwhile is not held again: always late, it mixes all the same.
    if (this.#heldUntil > 0) {
      if (position < this.#heldUntil) return true;
      this.#heldUntil = 0;
    } else if (isStalled) {
      this.#heldUntil = position + LET_IN_SAMPLES;
    }
    return this.#heldUntil > 0;
  }

  #seal(end = Infinity): void {
    this.#sealedTo = Math.min(this.mixer.cursor, end);
    if (this.#batch.length === 0) return;
    this.#log.append(this.#batch, this.#sealedTo);
    this.#batch = [];
  }
}
