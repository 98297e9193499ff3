import { JitterBuffer } from '../jitter/JitterBuffer.ts';
import { FRAME_MS } from './FrameClock.ts';
import { Upsampler2x } from './halfBand.ts';
import { EXCESS_MS, MIX_SAMPLES } from './OpusSource.ts';
import { PcmQueue } from './PcmQueue.ts';
import type { VoiceGate } from './VoiceGate.ts';

const PHONE_RATE = 8000;
const PHONE_SAMPLES = 160;

/** One phone on its way into the mix: jitter buffer, concealment, 8 to 16 kHz. */
export class PhoneSource {
  readonly stats = { leftOut: 0 };
  readonly #jitter = new JitterBuffer<Int16Array>(PHONE_RATE, FRAME_MS);
  readonly #queue = new PcmQueue();
  readonly #gate: VoiceGate;
  readonly #phoneFrame = new Int16Array(PHONE_SAMPLES);
  readonly #frame = new Int16Array(MIX_SAMPLES);
  #last: Int16Array = new Int16Array(0);
  readonly #upsampler = new Upsampler2x();

  /** `gate` is fed at arrival: it opens a jitter buffer's depth before the onset is played. */
  constructor(gate: VoiceGate) {
    this.#gate = gate;
  }

  get jitterStats(): JitterBuffer<Int16Array>['stats'] {
    return this.#jitter.stats;
  }

  /** Takes 8 kHz PCM and keeps it: the caller must not write to it afterwards. */
  push(sequenceNumber: number, timestamp: number, pcm: Int16Array, now: number): void {
    this.#jitter.push(sequenceNumber, timestamp, pcm.length, pcm, now);
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
    this.#upsampler.process(this.#phoneFrame, this.#frame);
    return this.#frame;
  }

  #next(now: number): boolean {
    while (this.#queue.length < PHONE_SAMPLES) {
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
        this.#last = pulled.payload;
        return pulled.payload;
      case 'lost':
      case 'starved':
        return this.#conceal();
      case 'silence':
        return undefined;
    }
  }

  /** What was last heard, softer by 6 dB each time. */
  #conceal(): Int16Array {
    this.#last = this.#last.map((sample) => sample >> 1);
    return this.#last;
  }
}
