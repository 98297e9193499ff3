import type { RemoteAudio } from '../../sdp/audio.ts';
import { EVENT_PAYLOAD_TYPES } from '../../sdp/buildSdp.ts';
import {
  createLegDecoder,
  LEG_FORMATS,
  type LegCodec,
  type LegDecoder,
  type LegFormat,
} from '../codecs/legCodecs.ts';
import { KeyDetector } from '../dtmf/telephoneEvent.ts';
import { ToneKeys } from '../dtmf/ToneKeys.ts';
import type { PacketKind } from '../net/LegSocket.ts';
import { comfortNoiseDbov } from '../mixer/ComfortNoise.ts';
import { ReceptionStats } from '../rtp/ReceptionStats.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { seqAdd, seqDiff } from '../rtp/seq16.ts';
import { timestampAdd } from '../rtp/timestamp32.ts';

/** Comfort noise (RFC 3389): the phone pauses. Phones send it without having offered it. */
const COMFORT_NOISE = 13;
/** What our offers call telephone-event; the answerer may send by our numbers. */
const OFFERED_EVENT_TYPES = Object.values(EVENT_PAYLOAD_TYPES);
/** Further back or ahead is a new start of the sender, in packets. */
const MAX_LATE = 100;
/** 20 ms, in codes at 8 kHz. */
const SILENT_CODES = 160;
const NO_PAYLOAD = new Uint8Array(0);
const NO_PCM = new Int16Array(0);

export interface LegReceiverHandlers {
  /**
   * `pcm` is new for each packet. One that was lost and made up for has no payload.
   */
  onAudio: (packet: RtpPacket, pcm: Int16Array, format: LegFormat, now: number) => void;
  /** Whether anybody is to hear it: else it is not decoded, and `onAudio` gets no samples. */
  isHeard?: () => boolean;
  /** A silent packet of 20 ms. False when it is to be decoded and told as any other. */
  onSilence?: (packet: RtpPacket, format: LegFormat, now: number) => boolean;
  /** A packet of ours without audio: a key or comfort noise. */
  onPause: (packet: RtpPacket, now: number) => void;
  onKey: (key: string) => void;
  /** The caller pauses, and its line has this noise. */
  onNoise: (dbov: number) => void;
}

/** What a caller's RTP packets mean: audio, keys or a pause, by payload type. */
export class LegReceiver {
  readonly stats = { audio: 0, oversized: 0, late: 0 };
  readonly #handlers: LegReceiverHandlers;
  #keys = new KeyDetector();
  /** For keys in the sound, where no telephone-event was agreed on, or has come. */
  #tones: ToneKeys | undefined;
  #decoders = new Map<number, LegDecoder>();
  /** The one that was used last, which is nearly always the next one. */
  #usual: { payloadType: number; decoder: LegDecoder } | undefined;
  #remote: Pick<RemoteAudio<LegCodec>, 'codec' | 'payloadType' | 'eventClockRate'> | undefined;
  #eventTypes = new Set<number>();
  #reception: ReceptionStats | undefined;
  /** The latest packet. */
  #newest: number | undefined;

  constructor(handlers: LegReceiverHandlers) {
    this.#handlers = handlers;
  }

  /** Of the SSRC that is heard now; `undefined` before the first packet. */
  get reception(): ReceptionStats | undefined {
    return this.#reception;
  }

  async setRemote(remote: RemoteAudio<LegCodec>): Promise<void> {
    const before = this.#remote;
    // A decoder goes on over a re-INVITE that changes nothing of it.
    if (before?.codec !== remote.codec || before.payloadType !== remote.payloadType) {
      const decoders = await decodersFor(remote);
      this.close();
      this.#decoders = decoders;
      this.#newest = undefined;
      this.#tones = undefined;
    }
    if (before?.eventClockRate !== remote.eventClockRate) {
      this.#keys = new KeyDetector(remote.eventClockRate);
    }
    if (remote.eventPayloadType !== undefined) this.#tones = undefined;
    else this.#tones ??= new ToneKeys(LEG_FORMATS[remote.codec].pcmRate);
    this.#remote = remote;
    this.#eventTypes = new Set(OFFERED_EVENT_TYPES);
    if (remote.eventPayloadType !== undefined) this.#eventTypes.add(remote.eventPayloadType);
    this.#eventTypes.delete(remote.payloadType);
  }

  /** Frees what decodes. */
  close(): void {
    this.#usual = undefined;
    for (const decoder of this.#decoders.values()) decoder.free();
    this.#decoders.clear();
  }

  kindOf({ payloadType }: RtpPacket): PacketKind | undefined {
    if (payloadType === this.#usual?.payloadType || this.#decoders.has(payloadType)) return 'media';
    if (this.#eventTypes.has(payloadType)) return 'key';
    return payloadType === COMFORT_NOISE && this.#remote ? 'media' : undefined;
  }

  push(packet: RtpPacket, now: number): void {
    if (!this.#remote) return;
    if (this.#reception?.ssrc !== packet.ssrc) {
      this.#reception = new ReceptionStats(packet.ssrc, LEG_FORMATS[this.#remote.codec].clockRate);
      this.#newest = undefined;
    }
    this.#reception.push(packet.sequenceNumber, packet.timestamp, now);

    const decoder = this.#decoderOf(packet.payloadType);
    if (decoder) {
      this.#audio(packet, decoder, now);
      return;
    }
    this.#newest = packet.sequenceNumber;
    this.#handlers.onPause(packet, now);
    if (packet.payloadType === COMFORT_NOISE) {
      const level = comfortNoiseDbov(packet.payload);
      if (level !== undefined) this.#handlers.onNoise(level);
      return;
    }
    this.#tones = undefined; // It does send keys this way: none is to count twice.
    const key = this.#keys.push(packet, now);
    if (key !== undefined) this.#handlers.onKey(key);
  }

  #decoderOf(payloadType: number): LegDecoder | undefined {
    if (this.#usual?.payloadType === payloadType) return this.#usual.decoder;
    const decoder = this.#decoders.get(payloadType);
    if (decoder) this.#usual = { payloadType, decoder };
    return decoder;
  }

  #audio(packet: RtpPacket, decoder: LegDecoder, now: number): void {
    // Keys count also while nobody hears the caller.
    if (!this.#tones && this.#handlers.isHeard?.() === false) {
      this.#newest = packet.sequenceNumber;
      this.#handlers.onAudio(packet, NO_PCM, decoder.format, now);
      return;
    }
    if (!this.#tones && this.#isSilence(packet, decoder, now)) {
      this.stats.audio += 1;
      return;
    }
    const isLate = decoder.decodeLate !== undefined && this.#isLate(packet);
    if (isLate) this.stats.late += 1;
    else this.#follow(packet, decoder, now);
    const pcm = isLate ? decoder.decodeLate!(packet.payload) : decoder.decode(packet.payload);
    if (isLate && !pcm) return;
    if (pcm === 'pause') {
      this.#handlers.onPause(packet, now);
      return;
    }
    if (!pcm) {
      this.stats.oversized += 1;
      return;
    }
    this.stats.audio += 1;
    const key = this.#tones?.push(pcm);
    this.#handlers.onAudio(packet, pcm, decoder.format, now);
    if (key !== undefined) this.#handlers.onKey(key);
  }

  #isSilence(packet: RtpPacket, decoder: LegDecoder, now: number): boolean {
    const { payload } = packet;
    if (payload.length !== SILENT_CODES || !decoder.isSilent?.(payload)) return false;
    return this.#handlers.onSilence?.(packet, decoder.format, now) === true;
  }

  #isLate({ sequenceNumber }: RtpPacket): boolean {
    const step = this.#newest === undefined ? 1 : seqDiff(sequenceNumber, this.#newest);
    return step <= 0 && step > -MAX_LATE;
  }

  /** One that is missing before this packet is made up for, where the decoder can. */
  #follow(packet: RtpPacket, decoder: LegDecoder, now: number): void {
    const step = this.#newest === undefined ? 1 : seqDiff(packet.sequenceNumber, this.#newest);
    this.#newest = packet.sequenceNumber;
    if (step <= 1 || step >= MAX_LATE) return;
    decoder.skip?.();
    const pcm = decoder.recover?.(packet.payload);
    if (!pcm) return;
    const { clockRate, pcmRate } = decoder.format;
    const timestamp = timestampAdd(packet.timestamp, (-pcm.length * clockRate) / pcmRate);
    const sequenceNumber = seqAdd(packet.sequenceNumber, -1);
    const lost = { ...packet, sequenceNumber, timestamp, payload: NO_PAYLOAD };
    this.#handlers.onAudio(lost, pcm, decoder.format, now);
  }
}

async function decodersFor({
  codec,
  payloadType,
}: {
  codec: LegCodec;
  payloadType: number;
}): Promise<Map<number, LegDecoder>> {
  const decoders = new Map<number, LegDecoder>();
  // Both laws under their static numbers: a phone may change between what was offered.
  if (codec === 'PCMU' || codec === 'PCMA') {
    decoders.set(0, await createLegDecoder('PCMU'));
    decoders.set(8, await createLegDecoder('PCMA'));
  }
  return decoders.set(payloadType, await createLegDecoder(codec));
}
