import type { RemoteAudio } from '../../sdp/audio.ts';
import { g711, type G711Law } from '../codecs/g711.ts';
import { KeyDetector } from '../dtmf/telephoneEvent.ts';
import { ReceptionStats } from '../rtp/ReceptionStats.ts';
import type { RtpPacket } from '../rtp/packet.ts';

const RATE = 8000;
/** 120 ms: no phone packs more into one packet. */
const MAX_PAYLOAD_BYTES = 960;
/** Comfort noise (RFC 3389): the phone pauses. Phones send it without having offered it. */
const COMFORT_NOISE = 13;
/** What our offers call telephone-event; the answerer may send by our number. */
const OFFERED_EVENT_TYPE = 101;

export interface LegReceiverHandlers {
  /** `pcm` is new for each packet, 8 kHz. */
  onAudio: (packet: RtpPacket, pcm: Int16Array, now: number) => void;
  /** A packet of ours without audio: a key or comfort noise. */
  onPause: (packet: RtpPacket) => void;
  onKey: (key: string) => void;
}

/** What a caller's RTP packets mean: audio, keys or a pause, by payload type. */
export class LegReceiver {
  readonly stats = { audio: 0, oversized: 0 };
  readonly #handlers: LegReceiverHandlers;
  readonly #keys = new KeyDetector();
  #laws = new Map<number, G711Law>();
  #eventTypes = new Set<number>();
  #reception: ReceptionStats | undefined;

  constructor(handlers: LegReceiverHandlers) {
    this.#handlers = handlers;
  }

  /** Of the SSRC that is heard now; `undefined` before the first packet. */
  get reception(): ReceptionStats | undefined {
    return this.#reception;
  }

  setRemote(remote: RemoteAudio): void {
    // Both laws under their static numbers: a phone may change between what was offered.
    this.#laws = new Map([
      [0, 'PCMU'],
      [8, 'PCMA'],
      [remote.payloadType, remote.codec],
    ]);
    this.#eventTypes = new Set([remote.eventPayloadType ?? OFFERED_EVENT_TYPE, OFFERED_EVENT_TYPE]);
    this.#eventTypes.delete(remote.payloadType);
  }

  isOurs({ payloadType }: RtpPacket): boolean {
    const ours = this.#laws.has(payloadType) || this.#eventTypes.has(payloadType);
    return ours || (payloadType === COMFORT_NOISE && this.#laws.size > 0);
  }

  push(packet: RtpPacket, now: number): void {
    if (this.#reception?.ssrc !== packet.ssrc) {
      this.#reception = new ReceptionStats(packet.ssrc, RATE);
    }
    this.#reception.push(packet.sequenceNumber, packet.timestamp, now);

    const law = this.#laws.get(packet.payloadType);
    if (law) {
      this.#audio(packet, law, now);
      return;
    }
    this.#handlers.onPause(packet);
    if (packet.payloadType === COMFORT_NOISE) return;
    const key = this.#keys.push(packet, now);
    if (key !== undefined) this.#handlers.onKey(key);
  }

  #audio(packet: RtpPacket, law: G711Law, now: number): void {
    const { payload } = packet;
    if (payload.length === 0 || payload.length > MAX_PAYLOAD_BYTES) {
      this.stats.oversized += 1;
      return;
    }
    this.stats.audio += 1;
    const pcm = new Int16Array(payload.length);
    g711(law).decode(payload, pcm);
    this.#handlers.onAudio(packet, pcm, now);
  }
}
