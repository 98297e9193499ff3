import { DTX_BYTES, OPUS_RATE, opusSamples, type SourceDecoder } from '../codecs/opus.ts';
import { JitterBuffer } from '../jitter/JitterBuffer.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { FRAME_MS } from './FrameClock.ts';
import { levelDbov } from './level.ts';
import { PcmQueue } from './PcmQueue.ts';
import { VoiceGate } from './VoiceGate.ts';

/** 20 ms at 16 kHz. */
export const MIX_SAMPLES = 320;
/** Opus counts 48 kHz, we decode to 16. */
const DECIMATION = 3;
/** A quiet frame is left out when we lag this much more than needed: a frame and some slack. */
export const EXCESS_MS = FRAME_MS + 5;

/** One participant of the SFU on its way into the mix: jitter buffer, decoder, gate. */
export class OpusSource {
  readonly stats = { malformed: 0, undecodable: 0, leftOut: 0 };
  readonly #jitter = new JitterBuffer<Uint8Array>(OPUS_RATE, FRAME_MS);
  readonly #queue = new PcmQueue();
  readonly #gate = new VoiceGate();
  readonly #frame = new Int16Array(MIX_SAMPLES);
  readonly #decoder: SourceDecoder;
  #closed = false;

  constructor(decoder: SourceDecoder) {
    this.#decoder = decoder;
  }

  get jitterStats(): JitterBuffer<Uint8Array>['stats'] {
    return this.#jitter.stats;
  }

  /** Takes a packet, whose payload is copied. */
  push(packet: RtpPacket, now: number): void {
    const samples = opusSamples(packet.payload);
    if (samples === undefined) {
      this.stats.malformed += 1;
      return;
    }
    const { sequenceNumber, timestamp } = packet;
    this.#jitter.push(sequenceNumber, timestamp, samples, packet.payload.slice(), now);
  }

  /** The next 20 ms at 16 kHz, valid until the next call; `undefined` when there is only silence. */
  pull(now: number): Int16Array | undefined {
    if (this.#closed || !this.#next(now)) return undefined;
    let level = levelDbov(this.#frame);
    let open = this.#gate.update(level, FRAME_MS);
    if (!open && this.#jitter.excessMs(now) >= EXCESS_MS) {
      this.stats.leftOut += 1;
      if (!this.#next(now)) return undefined;
      level = levelDbov(this.#frame);
      open = this.#gate.update(level, FRAME_MS);
    }
    return open ? this.#frame : undefined;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#decoder.free();
  }

  /** Fills `#frame`. False when there was nothing at all. */
  #next(now: number): boolean {
    while (this.#queue.length < MIX_SAMPLES) {
      const pcm = this.#decodeNext(now);
      if (!pcm) break;
      this.#queue.write(pcm);
    }
    return this.#queue.read(this.#frame) > 0;
  }

  #decodeNext(now: number): Int16Array | undefined {
    const pulled = this.#jitter.pull(now);
    try {
      switch (pulled.kind) {
        case 'packet':
          if (pulled.payload.length <= DTX_BYTES) {
            this.#jitter.rest();
            return undefined;
          }
          return this.#decoder.decode(pulled.payload);
        case 'lost': {
          const frameSize = pulled.samples / DECIMATION;
          if (!pulled.next) return this.#decoder.decodePacketLoss(frameSize);
          return this.#decoder.decode(pulled.next, { decodeFec: true, frameSize });
        }
        case 'starved':
          return this.#decoder.decodePacketLoss(MIX_SAMPLES);
        case 'silence':
          return undefined;
      }
    } catch {
      this.stats.undecodable += 1; // One bad packet is one silent frame.
      return undefined;
    }
  }
}
