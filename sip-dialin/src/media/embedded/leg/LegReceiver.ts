import type { RemoteAudio } from '../../sdp/audio.ts';
import {
  createLegDecoder,
  LEG_FORMATS,
  type LegCodec,
  type LegDecoder,
  type LegFormat,
} from '../codecs/legCodecs.ts';
import { KeyDetector } from '../dtmf/telephoneEvent.ts';
import { ReceptionStats } from '../rtp/ReceptionStats.ts';
import type { RtpPacket } from '../rtp/packet.ts';

/** Comfort noise (RFC 3389): the phone pauses. Phones send it without having offered it. */
const COMFORT_NOISE = 13;
/** What our offers call telephone-event; the answerer may send by our number. */
const OFFERED_EVENT_TYPE = 101;

export interface LegReceiverHandlers {
  /** `pcm` is new for each packet. */
  onAudio: (packet: RtpPacket, pcm: Int16Array, format: LegFormat, now: number) => void;
  /** A packet of ours without audio: a key or comfort noise. */
  onPause: (packet: RtpPacket) => void;
  onKey: (key: string) => void;
}

/** What a caller's RTP packets mean: audio, keys or a pause, by payload type. */
export class LegReceiver {
  readonly stats = { audio: 0, oversized: 0 };
  readonly #handlers: LegReceiverHandlers;
  readonly #keys = new KeyDetector();
  #decoders = new Map<number, LegDecoder>();
  #remote: Pick<RemoteAudio<LegCodec>, 'codec' | 'payloadType'> | undefined;
  #eventTypes = new Set<number>();
  #reception: ReceptionStats | undefined;

  constructor(handlers: LegReceiverHandlers) {
    this.#handlers = handlers;
  }

  /** Of the SSRC that is heard now; `undefined` before the first packet. */
  get reception(): ReceptionStats | undefined {
    return this.#reception;
  }

  setRemote(remote: RemoteAudio<LegCodec>): void {
    const before = this.#remote;
    this.#remote = remote;
    // A decoder goes on over a re-INVITE that changes nothing of it.
    if (before?.codec !== remote.codec || before.payloadType !== remote.payloadType) {
      this.#decoders = decodersFor(remote);
    }
    this.#eventTypes = new Set([remote.eventPayloadType ?? OFFERED_EVENT_TYPE, OFFERED_EVENT_TYPE]);
    this.#eventTypes.delete(remote.payloadType);
  }

  isOurs({ payloadType }: RtpPacket): boolean {
    const ours = this.#decoders.has(payloadType) || this.#eventTypes.has(payloadType);
    return ours || (payloadType === COMFORT_NOISE && this.#remote !== undefined);
  }

  push(packet: RtpPacket, now: number): void {
    if (!this.#remote) return;
    if (this.#reception?.ssrc !== packet.ssrc) {
      this.#reception = new ReceptionStats(packet.ssrc, LEG_FORMATS[this.#remote.codec].clockRate);
    }
    this.#reception.push(packet.sequenceNumber, packet.timestamp, now);

    const decoder = this.#decoders.get(packet.payloadType);
    if (decoder) {
      this.#audio(packet, decoder, now);
      return;
    }
    this.#handlers.onPause(packet);
    if (packet.payloadType === COMFORT_NOISE) return;
    const key = this.#keys.push(packet, now);
    if (key !== undefined) this.#handlers.onKey(key);
  }

  #audio(packet: RtpPacket, decoder: LegDecoder, now: number): void {
    const pcm = decoder.decode(packet.payload);
    if (!pcm) {
      this.stats.oversized += 1;
      return;
    }
    this.stats.audio += 1;
    this.#handlers.onAudio(packet, pcm, decoder.format, now);
  }
}

function decodersFor({ codec, payloadType }: { codec: LegCodec; payloadType: number }) {
  const decoders = new Map<number, LegDecoder>();
  // Both laws under their static numbers: a phone may change between what was offered.
  if (codec === 'PCMU' || codec === 'PCMA') {
    decoders.set(0, createLegDecoder('PCMU'));
    decoders.set(8, createLegDecoder('PCMA'));
  }
  return decoders.set(payloadType, createLegDecoder(codec));
}
