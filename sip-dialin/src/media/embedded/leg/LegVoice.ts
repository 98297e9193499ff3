import type { LegFormat } from '../codecs/legCodecs.ts';
import { levelDbov } from '../mixer/level.ts';
import { PhoneSource } from '../mixer/PhoneSource.ts';
import { VoiceGate } from '../mixer/VoiceGate.ts';
import type { Uplink } from '../room/Room.ts';
import type { RtpPacket } from '../rtp/packet.ts';

/** What a caller says, on its two ways: by the mix to the phones, by its uplink to the SFU. */
export class LegVoice {
  readonly #gate = new VoiceGate();
  /** Only while it may be heard: what it said before is not heard afterwards. */
  #source: PhoneSource | undefined;
  /** Of its line, while it pauses and says so. */
  noiseDbov: number | undefined;

  /** A decoded packet, while the leg is in a room and may be heard. */
  push(packet: RtpPacket, pcm: Int16Array, format: LegFormat, uplink: Uplink, now: number): void {
    const { ssrc, sequenceNumber, timestamp } = packet;
    this.noiseDbov = undefined;
    const voice = this.#gate.update(levelDbov(pcm), (pcm.length * 1000) / format.pcmRate);
    // The SFU's browsers make up for what was lost from the next packet by themselves.
    if (packet.payload.length > 0) {
      const { payload } = packet;
      uplink.push({ ssrc, sequenceNumber, timestamp, payload, pcm, voice }, now);
    }
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
