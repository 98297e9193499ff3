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
/** A whole frame: the end of the mix is cut by its end record. */
const FRAME = 960;

/** Writes the mix of a recording while it runs. */
export class MixWriter {
  readonly mixer: Mixer;
  readonly #log: AudioLog;
  #batch: PlacedPacket[] = [];
  #sealedTo = 0;

  constructor(mixer: Mixer, log: AudioLog) {
    this.mixer = mixer;
    this.#log = log;
  }

  /** Mixes what is due when the recording's clock is at `position` (samples). */
  tick(position: number): void {
    this.#batch.push(...this.mixer.mix(position - DELAY_SAMPLES));
    if (this.mixer.cursor - this.#sealedTo >= BATCH_SAMPLES) this.#seal();
  }

  /** Mixes the rest, up to the recording's end. */
  finish(end: number): void {
    this.#batch.push(...this.mixer.mix(Math.ceil(end / FRAME) * FRAME));
    this.#seal(end);
    this.mixer.close();
  }

  #seal(end = Infinity): void {
    this.#sealedTo = Math.min(this.mixer.cursor, end);
    if (this.#batch.length === 0) return;
    this.#log.append(this.#batch, this.#sealedTo);
    this.#batch = [];
  }
}
