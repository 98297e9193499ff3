/** RFC 3550 section 6.4, for the far end of a test: reports of one source, in compound packets. */

export interface ReportBlock {
  ssrc: number;
  /** Of 256, since the last report. */
  fractionLost: number;
  lost: number;
  /** In units of the RTP clock. */
  jitter: number;
  lastReport: number;
  /** 1/65536 s. */
  sinceLastReport: number;
}

export interface Report {
  ssrc: number;
  /** Of a sender report: the middle 32 bits of its NTP time, and what was sent. */
  sender?: { ntpMiddle: number; timestamp: number; packets: number; bytes: number };
  blocks: ReportBlock[];
}

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;

/** The first report of a compound packet; undefined when it has none. */
export function parseReport(packet: Buffer): Report | undefined {
  const type = packet[1];
  if (packet.length < 8 || (type !== SENDER_REPORT && type !== RECEIVER_REPORT)) return undefined;
  const isSender = type === SENDER_REPORT;
  const at = isSender ? 28 : 8;
  const blocks = Array.from({ length: packet[0]! & 0x1f }, (_, i) => block(packet, at + 24 * i));
  const sender = isSender && {
    ntpMiddle: packet.readUInt32BE(10),
    timestamp: packet.readUInt32BE(16),
    packets: packet.readUInt32BE(20),
    bytes: packet.readUInt32BE(24),
  };
  return { ssrc: packet.readUInt32BE(4), ...(sender && { sender }), blocks };
}

function block(packet: Buffer, at: number): ReportBlock {
  return {
    ssrc: packet.readUInt32BE(at),
    fractionLost: packet[at + 4]!,
    lost: packet.readIntBE(at + 5, 3),
    jitter: packet.readUInt32BE(at + 12),
    lastReport: packet.readUInt32BE(at + 16),
    sinceLastReport: packet.readUInt32BE(at + 20),
  };
}

/** A receiver report on one source. */
export function receiverReport(ssrc: number, about: ReportBlock): Buffer {
  const packet = Buffer.alloc(32);
  packet.set([0x81, RECEIVER_REPORT, 0, 7]);
  packet.writeUInt32BE(ssrc, 4);
  packet.writeUInt32BE(about.ssrc, 8);
  packet[12] = about.fractionLost;
  packet.writeIntBE(about.lost, 13, 3);
  packet.writeUInt32BE(about.jitter, 20);
  packet.writeUInt32BE(about.lastReport, 24);
  packet.writeUInt32BE(about.sinceLastReport, 28);
  return packet;
}
