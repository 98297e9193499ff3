import { LEG_FORMATS, type LegFormat } from '../codecs/legCodecs.ts';
import { levelDbov } from '../mixer/level.ts';
import { Leveller } from '../mixer/Leveller.ts';
import { PhoneSource } from '../mixer/PhoneSource.ts';
import { VoiceGate } from '../mixer/VoiceGate.ts';
import type { Uplink } from '../room/Room.ts';
import type { RtpPacket } from '../rtp/packet.ts';

/** What a caller says, on its two ways: by the mix to the phones, by its uplink to the SFU. */
export class LegVoice {
  readonly #gate = new VoiceGate();
  /** On arrival, once for both ways. Its `isUnity` tells whether the last packet was left as it came. */
  readonly #leveller = new Leveller();
  /** Only while it may be heard: what it said before is not heard afterwards. */
  #source: PhoneSource | undefined;
  /** Of its line, while it pauses and says so. */
  noiseDbov: number | undefined;

  /** A decoded packet, while the leg is in a room and may be heard. */
  push(packet: RtpPacket, pcm: Int16Array, format: LegFormat, uplink: Uplink, now: number): void {
    const { ssrc, sequenceNumber, timestamp } = packet;
    this.noiseDbov = undefined;
    const ms = (pcm.length * 1000) / format.pcmRate;
    const voice = this.#gate.update(levelDbov(pcm), ms);
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
    this.#source.push(sequenceNumber, timestamp, pcm, now);
  }

  /** A packet without audio. */
  passOver(packet: RtpPacket, uplink: Uplink): void {
    uplink.passOver(packet.ssrc, packet.sequenceNumber);
    this.#source?.passOver(packet.sequenceNumber);
  }

  /** The next 20 ms at 16 kHz, valid until the next call; `undefined` when there is only silence. */
  pull(now: number): Int16Array | undefined {
    return this.#source?.pull(now);
  }

  /** It is not to be heard: what is on its way is forgotten. */
  drop(): void {
    this.noiseDbov = undefined;
    this.#source = undefined;
  }
}
