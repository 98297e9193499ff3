import type { G711Law } from '../codecs/g711.ts';
import { LEG_FORMATS, type LegFormat } from '../codecs/legCodecs.ts';
import { Arrivals } from '../mixer/Arrivals.ts';
import { levelDbov } from '../mixer/level.ts';
import { Leveller } from '../mixer/Leveller.ts';
import { PhoneSource } from '../mixer/PhoneSource.ts';
import type { Leading } from '../mixer/Pulse.ts';
import type { Punctuality } from '../mixer/Punctuality.ts';
import type { G711Frame } from '../mixer/RoomMixer.ts';
import { VoiceGate } from '../mixer/VoiceGate.ts';
import type { Uplink } from '../room/Room.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { SentCodes } from './SentCodes.ts';

/** It may pause without a word: the voice gate hears nothing of that. */
const MAX_SILENT_TICKS = 3;

/** What a caller says, on its two ways: by the mix to the phones, by its uplink to the SFU. */
export class LegVoice implements Leading {
  readonly #arrivals = new Arrivals();
  readonly #gate = new VoiceGate();
  /** On arrival, once for both ways. */
  readonly #leveller = new Leveller();
  /** Only while it may be heard: what it said before is not heard afterwards. */
  #source: PhoneSource | undefined;
  readonly #sent = new SentCodes();
  /** Of its line, while it pauses and says so. */
  noiseDbov: number | undefined;
  /** How many in a row had nothing of it. */
  #silentTicks = 0;
  /** It sends something else than audio. */
  #paused = false;

  get punctuality(): Punctuality {
    return this.#arrivals.punctuality;
  }

  get isTalking(): boolean {
    if (!this.#source || this.#paused) return false;
    return this.#gate.isOpen && this.#silentTicks < MAX_SILENT_TICKS;
  }

  get quietMs(): number {
    return this.#gate.quietMs;
  }

  get mediaMs(): number {
    return this.#arrivals.mediaMs;
  }

  get canLead(): boolean {
    return this.#source !== undefined && this.#arrivals.canLead(this.#source.playout);
  }

  /** How much sound waits to be played; `undefined` while nothing is heard. */
  get heldMs(): number | undefined {
    return this.#source?.playout.heldMs;
  }

  get isReady(): boolean {
    return this.#source?.playout.isReady === true;
  }

  /**
   * A decoded packet, while the leg is in a room and may be heard. `unreadSince`: when it can have come at
   * the earliest.
   */
  push(
    packet: RtpPacket,
    pcm: Int16Array,
    format: LegFormat,
    uplink: Uplink,
    now: number,
    unreadSince = now,
  ): void {
    const { ssrc, sequenceNumber, timestamp } = packet;
    const ms = (pcm.length * 1000) / format.pcmRate;
    this.noiseDbov = undefined;
    this.#paused = false;
    this.#silentTicks = 0;
    const { quietMs } = this.#gate;
    const voice = this.#gate.update(levelDbov(pcm), ms, this.#leveller.softestDbov);
    // What the SFU gets as it came cannot be levelled there: then it is for the phones alone.
    const forwarded = format === LEG_FORMATS.opus;
    if (!forwarded) this.#leveller.process(pcm, ms, voice);
    // The SFU's browsers make up for what was lost from the next packet by themselves.
    if (packet.payload.length > 0) {
      const { payload } = packet;
      uplink.push({ ssrc, sequenceNumber, timestamp, payload, pcm, voice }, now);
    }
    if (forwarded) this.#leveller.process(pcm, ms, voice);
    // Another codec than before begins anew.
    if (this.#source?.format !== format) this.#source = new PhoneSource(this.#gate, format);
    const arrival = { ms, clockRate: format.clockRate, quietMs, waiting: this.#source.playout };
    this.#arrivals.push(packet, arrival, now, unreadSince);
    this.#sent.push(packet.payload, lawOf(format));
    this.#source.push(sequenceNumber, timestamp, pcm, this.#arrivals.arrivedAt);
  }

  /**
   * A silent packet of 20 ms, which is not decoded: where it and what is held would not be heard anyway, it
   * only tells that time goes on. False when it is to be pushed as any other.
   */
  rest(
    packet: RtpPacket,
    format: LegFormat,
    uplink: Uplink,
    now: number,
    unreadSince = now,
  ): boolean {
    const source = this.#source;
    if (source?.format !== format || this.#gate.isOpen || !this.#leveller.isAtRest) return false;
    if (source.playout.isLed || !uplink.rest(packet, now)) return false;
    this.noiseDbov = undefined;
    this.#paused = false;
    this.#sent.clear();
    const arrival = { ms: 20, clockRate: format.clockRate, quietMs: Infinity, waiting: undefined };
    this.#arrivals.push(packet, arrival, now, unreadSince);
    source.playout.rest(packet.sequenceNumber, packet.timestamp, this.#arrivals.arrivedAt);
    return true;
  }

  /** A packet without audio. */
  passOver(packet: RtpPacket, uplink: Uplink): void {
    this.#paused = true;
    uplink.passOver(packet.ssrc, packet.sequenceNumber);
    this.#source?.passOver(packet.sequenceNumber);
  }

  /** The next 20 ms as decoded, valid until the next call; `undefined` when there is only silence. */
  pull(now: number): Int16Array | undefined {
    const frame = this.#source?.pull(now);
    this.#silentTicks = frame ? 0 : this.#silentTicks + 1;
    return frame;
  }

  codesOf(voice: Int16Array): G711Frame | undefined {
    return this.#sent.find(voice);
  }

  lead(): void {
    this.#source?.playout.lead(this.#arrivals.isAfresh);
  }

  approach(): void {
    this.#source?.playout.approach();
  }

  follow(): void {
    this.#source?.playout.follow();
  }

  /** It is not to be heard: what is on its way is forgotten. */
  drop(): void {
    this.noiseDbov = undefined;
    this.#source = undefined;
    this.#sent.clear();
  }
}

function lawOf(format: LegFormat): G711Law | undefined {
  if (format === LEG_FORMATS.PCMU) return 'PCMU';
  return format === LEG_FORMATS.PCMA ? 'PCMA' : undefined;
}
