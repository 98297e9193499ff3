import { OPUS_RATE, opusSamples } from '../codecs/opus.ts';
import { Arrivals } from '../mixer/Arrivals.ts';
import type { OpusSource } from '../mixer/OpusSource.ts';
import type { Leading } from '../mixer/Pulse.ts';
import type { Punctuality } from '../mixer/Punctuality.ts';
import type { MixedSource } from '../mixer/RoomMixer.ts';
import { VoiceGate } from '../mixer/VoiceGate.ts';
import type { RtpPacket } from '../rtp/packet.ts';

/** It may pause without a word (DTX): the voice gates hear nothing of that. */
const MAX_SILENT_TICKS = 3;

/** A participant of the SFU in a room: it may lead as a phone does. */
export class SourceVoice implements Leading, MixedSource {
  readonly #source: OpusSource;
  readonly #arrivals = new Arrivals();
  /** By the level that its packets tell, before they are decoded; closed where they do not. */
  readonly #gate = new VoiceGate();
  /** How many in a row had nothing of it. */
  #silentTicks = 0;

  /** Takes the source over. */
  constructor(source: OpusSource) {
    this.#source = source;
  }

  get punctuality(): Punctuality {
    return this.#arrivals.punctuality;
  }

  get isTalking(): boolean {
    const isHeard = this.#silentTicks < MAX_SILENT_TICKS;
    return isHeard && (this.#gate.isOpen || this.#source.isTalking);
  }

  get quietMs(): number {
    return Math.min(this.#gate.quietMs, this.#source.quietMs);
  }

  get mediaMs(): number {
    return this.#arrivals.mediaMs;
  }

  get canLead(): boolean {
    return this.#gate.isOpen && this.#arrivals.canLead(this.#source.playout);
  }

  get isReady(): boolean {
    return this.#source.playout.isReady;
  }

  /**
   * `levelExtensionId`: under which its packets tell how loud they are (RFC 6464); `unreadSince`: when it
   * can have come at the earliest.
   */
  push(packet: RtpPacket, levelExtensionId: number, now: number, unreadSince: number): void {
    const { payload, extensions } = packet;
    const ms = ((opusSamples(payload) ?? 0) * 1000) / OPUS_RATE;
    const level = extensions.find(({ id }) => id === levelExtensionId)?.data[0];
    const { quietMs } = this;
    if (level !== undefined) this.#gate.update(-(level & 0x7f), ms);
    if (this.#gate.quietMs === 0) this.#silentTicks = 0;
    const waiting = this.#source.playout;
    this.#arrivals.push(packet, { ms, clockRate: OPUS_RATE, quietMs, waiting }, now, unreadSince);
    this.#source.push(packet, this.#arrivals.arrivedAt);
  }

  pull(now: number): Int16Array | undefined {
    const frame = this.#source.pull(now);
    this.#silentTicks = frame ? 0 : this.#silentTicks + 1;
    return frame;
  }

  lead(): void {
    this.#source.playout.lead(this.#arrivals.isAfresh);
  }

  approach(): void {
    this.#source.playout.approach();
  }

  follow(): void {
    this.#source.playout.follow();
  }

  close(): void {
    this.#source.close();
  }
}
