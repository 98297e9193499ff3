import { ReceptionStats } from '../rtp/ReceptionStats.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import {
  compound,
  ntpTime,
  writeReceiverReport,
  writeSdes,
  writeSenderReport,
  type ReportBlock,
  type RtcpPacket,
} from '../rtp/rtcp.ts';
import { OPUS_RATE } from '../codecs/opus.ts';

/** A packet holds no more report blocks (RFC 3550 section 6.4.1). */
const MAX_BLOCKS = 31;

/** What a sender report tells of one phone's Opus. */
export interface ReportedUplink {
  ssrc: number;
  cname: string;
  /** `undefined` before anything was sent. */
  timestamp: number | undefined;
  packets: number;
  octets: number;
}

/** RTCP of a room with the SFU: what it sends of each source, what we send of each phone. */
export class SfuReports {
  readonly #reception = new Map<number, ReceptionStats>();

  received(packet: RtpPacket, now: number): void {
    let reception = this.#reception.get(packet.ssrc);
    if (!reception) {
      reception = new ReceptionStats(packet.ssrc, OPUS_RATE);
      this.#reception.set(packet.ssrc, reception);
    }
    reception.push(packet.sequenceNumber, packet.timestamp, now);
  }

  receivedRtcp(packets: readonly RtcpPacket[], now: number): void {
    for (const packet of packets) {
      if (packet.type !== 'sr') continue;
      const { ntpSeconds, ntpFraction } = packet.sender;
      this.#reception.get(packet.ssrc)?.senderReport(ntpSeconds, ntpFraction, now);
    }
  }

  forget(ssrc: number): void {
    this.#reception.delete(ssrc);
  }

  /** Datagrams that are due now: one for each phone, and one for what we hear. */
  write(
    uplinks: Iterable<ReportedUplink>,
    roomSsrc: number,
    wallMs: number,
    now: number,
  ): Uint8Array[] {
    const datagrams: Uint8Array[] = [];
    for (const { ssrc, cname, timestamp, packets, octets } of uplinks) {
      if (timestamp === undefined || packets === 0) continue;
      const sender = {
        ...ntpTime(wallMs),
        rtpTimestamp: timestamp,
        packetCount: packets >>> 0,
        octetCount: octets >>> 0,
      };
      datagrams.push(compound(writeSenderReport(ssrc, sender), writeSdes(ssrc, cname)));
    }
    const blocks = [...this.#reception.values()]
      .map((reception) => reception.report(now))
      .filter((block): block is ReportBlock => block !== undefined)
      .slice(0, MAX_BLOCKS);
    if (blocks.length > 0) {
      datagrams.push(compound(writeReceiverReport(roomSsrc, blocks), writeSdes(roomSsrc, 'mixer')));
    }
    return datagrams;
  }
}
