import type { LegFormat } from '../codecs/legCodecs.ts';
import { JitterBuffer } from '../jitter/JitterBuffer.ts';
import { Concealment } from './Concealment.ts';
import { FRAME_MS } from './FrameClock.ts';
import { Upsampler2x } from './halfBand.ts';
import { EXCESS_MS, MIX_SAMPLES } from './OpusSource.ts';
import { PcmQueue } from './PcmQueue.ts';
import type { VoiceGate } from './VoiceGate.ts';

/** One phone on its way into the mix: jitter buffer, concealment, and to 16 kHz where it is not. */
export class PhoneSource {
  readonly stats = { leftOut: 0 };
  readonly format: LegFormat;
  readonly #jitter: JitterBuffer<Int16Array>;
  readonly #queue = new PcmQueue();
  readonly #gate: VoiceGate;
  /** 20 ms as decoded, and at 16 kHz: the same where no resampling is needed. */
  readonly #phoneFrame: Int16Array;
  readonly #frame = new Int16Array(MIX_SAMPLES);
  readonly #concealment: Concealment;
  #lastSamples: number;
  readonly #upsampler: Upsampler2x | undefined;

  /** `gate` is fed at arrival: it opens a jitter buffer's depth before the onset is played. */
  constructor(gate: VoiceGate, format: LegFormat) {
    this.#gate = gate;
    this.format = format;
    this.#jitter = new JitterBuffer(format.clockRate, FRAME_MS);
    if (format.pcmRate === 8000) this.#upsampler = new Upsampler2x();
    this.#phoneFrame = this.#upsampler ? new Int16Array(MIX_SAMPLES / 2) : this.#frame;
    this.#concealment = new Concealment(format.pcmRate);
    this.#lastSamples = this.#phoneFrame.length;
  }

  get jitterStats(): JitterBuffer<Int16Array>['stats'] {
    return this.#jitter.stats;
  }

  /** Takes PCM of `format` and keeps it: the caller must not write to it afterwards. */
  push(sequenceNumber: number, timestamp: number, pcm: Int16Array, now: number): void {
    const units = (pcm.length * this.format.clockRate) / this.format.pcmRate;
    this.#jitter.push(sequenceNumber, timestamp, units, pcm, now);
  }

  /** A packet without audio (a key, comfort noise): nothing is missing, nothing is to be made up. */
  passOver(sequenceNumber: number): void {
    this.#jitter.passOver(sequenceNumber);
  }

  /** The next 20 ms at 16 kHz, valid until the next call; `undefined` when there is only silence. */
  pull(now: number): Int16Array | undefined {
    let any = this.#next(now);
    if (any && !this.#gate.isOpen && this.#jitter.excessMs(now) >= EXCESS_MS) {
      this.stats.leftOut += 1;
      any = this.#next(now);
    }
    if (!any || !this.#gate.isOpen) return undefined;
    this.#upsampler?.process(this.#phoneFrame, this.#frame);
    return this.#frame;
  }

  #next(now: number): boolean {
    while (this.#queue.length < this.#phoneFrame.length) {
      const pcm = this.#nextPcm(now);
      if (!pcm) break;
      this.#queue.write(pcm);
    }
    return this.#queue.read(this.#phoneFrame) > 0;
  }

  #nextPcm(now: number): Int16Array | undefined {
    const pulled = this.#jitter.pull(now);
    switch (pulled.kind) {
      case 'packet':
        this.#lastSamples = pulled.payload.length;
        return this.#concealment.heard(pulled.payload);
      case 'lost':
      case 'starved':
        return this.#concealment.make(this.#lastSamples);
      case 'silence':
        return undefined;
    }
  }
}
