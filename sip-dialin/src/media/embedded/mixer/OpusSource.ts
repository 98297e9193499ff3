import { DTX_BYTES, OPUS_RATE, opusSamples, type SourceDecoder } from '../codecs/opus.ts';
import type { JitterBuffer } from '../jitter/JitterBuffer.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { FRAME_MS } from './FrameClock.ts';
import { levelDbov } from './level.ts';
import { Leveller } from './Leveller.ts';
import { Playout } from './Playout.ts';
import { VoiceGate } from './VoiceGate.ts';

const MIX_RATE = 16_000;
/** libopus makes up for losses in steps of 2.5 ms. */
const PLC_SAMPLES = MIX_RATE / 400;
/** 20 ms at 16 kHz. */
export const MIX_SAMPLES = (MIX_RATE * FRAME_MS) / 1000;

/** One participant of the SFU on its way into the mix: playout, gate, level. */
export class OpusSource {
  readonly stats = { malformed: 0, undecodable: 0 };
  readonly #playout: Playout<Uint8Array>;
  readonly #gate = new VoiceGate();
  readonly #leveller = new Leveller();
  readonly #frame = new Int16Array(MIX_SAMPLES);
  readonly #decoder: SourceDecoder;
  #closed = false;

  constructor(decoder: SourceDecoder) {
    this.#decoder = decoder;
    this.#playout = new Playout<Uint8Array>({
      clockRate: OPUS_RATE,
      pcmRate: MIX_RATE,
      decoder: {
        decode: (payload) => this.#decode(payload),
        conceal: (samples, next) => this.#conceal(samples, next),
      },
    });
  }

  get jitterStats(): JitterBuffer<Uint8Array>['stats'] {
    return this.#playout.jitter.stats;
  }

  /** Takes a packet, whose payload is copied. */
  push(packet: RtpPacket, now: number): void {
    const samples = opusSamples(packet.payload);
    if (samples === undefined) {
      this.stats.malformed += 1;
      return;
    }
    const { sequenceNumber, timestamp } = packet;
    this.#playout.push(sequenceNumber, timestamp, samples, packet.payload.slice(), now);
  }

  /** Somebody who talks: it has been told so by what was played last. */
  get isTalking(): boolean {
    return this.#gate.isOpen;
  }

  get quietMs(): number {
    return this.#gate.quietMs;
  }

  get playout(): Playout<Uint8Array> {
    return this.#playout;
  }

  /** The next 20 ms at 16 kHz, valid until the next call; `undefined` when there is only silence. */
  pull(now: number): Int16Array | undefined {
    if (this.#closed || !this.#playout.pull(this.#frame, now)) return undefined;
    const { softestDbov } = this.#leveller;
    const open = this.#gate.update(levelDbov(this.#frame), FRAME_MS, softestDbov);
    this.#leveller.process(this.#frame, FRAME_MS, open);
    return open ? this.#frame : undefined;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#decoder.free();
  }

  #decode(payload: Uint8Array): Int16Array | undefined {
    if (payload.length <= DTX_BYTES) {
      this.#playout.jitter.pause();
      return undefined;
    }
    return this.#unlessBroken(() => this.#decoder.decode(payload));
  }

  /** From the packet after it, where there is one: Opus may have sent it twice (FEC). */
  #conceal(samples: number, next: Uint8Array | undefined): Int16Array | undefined {
    const length = Math.ceil(samples / PLC_SAMPLES) * PLC_SAMPLES;
    return this.#unlessBroken(() =>
      next ? this.#decoder.decodeFec(next, length) : this.#decoder.conceal(length),
    );
  }

  /** One bad packet is one silent frame. */
  #unlessBroken(decode: () => Int16Array): Int16Array | undefined {
    try {
      return decode();
    } catch {
      this.stats.undecodable += 1;
      return undefined;
    }
  }
}
