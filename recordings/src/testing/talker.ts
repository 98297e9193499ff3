import type { RtpPacket } from '../recorder/rtp.ts';

/** A sender of Opus over RTP: 20 ms a packet. */
export class Talker {
  readonly ssrc: number;
  readonly #packets: readonly Uint8Array[];
  readonly #seq: number;
  readonly #timestamp: number;

  constructor(ssrc: number, packets: readonly Uint8Array[], seq = 65_530, timestamp = 0xffff_f000) {
    this.ssrc = ssrc;
    this.#packets = packets;
    this.#seq = seq;
    this.#timestamp = timestamp;
  }

  get count(): number {
    return this.#packets.length;
  }

  packet(index: number): RtpPacket {
    return {
      payloadType: 111,
      seq: (this.#seq + index) & 0xffff,
      timestamp: (this.#timestamp + index * 960) >>> 0,
      ssrc: this.ssrc,
      payload: this.#packets[index % this.#packets.length]!,
    };
  }

  datagram(index: number): Buffer {
    const { payloadType, seq, timestamp, ssrc, payload } = this.packet(index);
    const head = Buffer.alloc(12);
    head.writeUInt8(0x80, 0);
    head.writeUInt8(payloadType, 1);
    head.writeUInt16BE(seq, 2);
    head.writeUInt32BE(timestamp, 4);
    head.writeUInt32BE(ssrc, 8);
    return Buffer.concat([head, payload]);
  }
}
