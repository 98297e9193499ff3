import { randomBytes, randomInt } from 'node:crypto';
import type { ReceptionStats } from '../rtp/ReceptionStats.ts';
import { FIXED_HEADER_BYTES, writeFixedHeader } from '../rtp/packet.ts';
import {
  compound,
  ntpTime,
  writeBye,
  writeReceiverReport,
  writeSdes,
  writeSenderReport,
} from '../rtp/rtcp.ts';
import { seqAdd } from '../rtp/seq16.ts';
import { timestampAdd } from '../rtp/timestamp32.ts';

/** Our RTP stream to one phone: numbers, counts and reports. */
export class LegSender {
  readonly ssrc = randomInt(1, 2 ** 32);
  /** Short-lived and random (RFC 7022 section 4.2). */
  readonly #cname = randomBytes(12).toString('base64url');
  #sequenceNumber = randomInt(2 ** 15);
  #timestamp = randomInt(2 ** 32);
  #packets = 0;
  #octets = 0;
  #datagram = new Uint8Array(FIXED_HEADER_BYTES);

  /**
   * The packet with these codes, valid until the next call; time goes on by `units` of the codec's clock.
   */
  packet(payloadType: number, codes: Uint8Array, units: number, marker = false): Uint8Array {
    const size = FIXED_HEADER_BYTES + codes.length;
    if (this.#datagram.length !== size) this.#datagram = new Uint8Array(size);
    const data = this.#datagram;
    writeFixedHeader(data, {
      payloadType,
      marker: marker || this.#packets === 0,
      sequenceNumber: this.#sequenceNumber,
      timestamp: this.#timestamp,
      ssrc: this.ssrc,
    });
    data.set(codes, FIXED_HEADER_BYTES);
    this.#sequenceNumber = seqAdd(this.#sequenceNumber, 1);
    this.skip(units);
    this.#packets += 1;
    this.#octets += codes.length;
    return data;
  }

  /** Time goes on without a packet. */
  skip(units: number): void {
    this.#timestamp = timestampAdd(this.#timestamp, units);
  }

  /** Our report, at a wall-clock time in ms and a monotonic one. */
  report(wallMs: number, reception: ReceptionStats | undefined, now: number): Uint8Array {
    const block = reception?.report(now);
    const blocks = block ? [block] : [];
    const sdes = writeSdes(this.ssrc, this.#cname);
    if (this.#packets === 0) return compound(writeReceiverReport(this.ssrc, blocks), sdes);
    const sender = {
      ...ntpTime(wallMs),
      rtpTimestamp: this.#timestamp,
      packetCount: this.#packets >>> 0,
      octetCount: this.#octets >>> 0,
    };
    return compound(writeSenderReport(this.ssrc, sender, blocks), sdes);
  }

  bye(): Uint8Array {
    return compound(
      writeReceiverReport(this.ssrc, []),
      writeSdes(this.ssrc, this.#cname),
      writeBye([this.ssrc]),
    );
  }
}
