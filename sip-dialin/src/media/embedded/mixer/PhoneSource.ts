import type { LegFormat } from '../codecs/legCodecs.ts';
import type { JitterBuffer } from '../jitter/JitterBuffer.ts';
import { FRAME_MS } from './FrameClock.ts';
import { Playout } from './Playout.ts';
import type { VoiceGate } from './VoiceGate.ts';

/** One phone on its way into the mix, at the rate of its codec. */
export class PhoneSource {
  readonly format: LegFormat;
  readonly #playout: Playout<Int16Array>;
  readonly #gate: VoiceGate;
  readonly #frame: Int16Array;

  /** `gate` is fed at arrival: it opens a jitter buffer's depth before the onset is played. */
  constructor(gate: VoiceGate, format: LegFormat) {
    this.#gate = gate;
    this.format = format;
    this.#playout = new Playout<Int16Array>({ ...format, decoder: { decode: (pcm) => pcm } });
    this.#frame = new Int16Array((format.pcmRate * FRAME_MS) / 1000);
  }

  get jitterStats(): JitterBuffer<Int16Array>['stats'] {
    return this.#playout.jitter.stats;
  }

  get stats(): Playout<Int16Array>['stats'] {
    return this.#playout.stats;
  }

  /** Takes PCM of `format` and keeps it: the caller must not write to it afterwards. */
  push(sequenceNumber: number, timestamp: number, pcm: Int16Array, now: number): void {
    const units = (pcm.length * this.format.clockRate) / this.format.pcmRate;
    this.#playout.push(sequenceNumber, timestamp, units, pcm, now);
  }

  get playout(): Playout<Int16Array> {
    return this.#playout;
  }

  /** A packet without audio (a key, comfort noise): nothing is missing, nothing is to be made up. */
  passOver(sequenceNumber: number): void {
    this.#playout.jitter.passOver(sequenceNumber);
  }

  /** The next 20 ms as decoded, valid until the next call; `undefined` when there is only silence. */
  pull(now: number): Int16Array | undefined {
    if (!this.#gate.isOpen && this.#playout.isResting) return undefined;
    const any = this.#playout.pull(this.#frame, now);
    if (!this.#gate.isOpen) {
      // All that has arrived is quiet, so all of it may go.
      this.#playout.settle(now);
      return undefined;
    }
    if (!any) return undefined;
    return this.#frame;
  }
}
