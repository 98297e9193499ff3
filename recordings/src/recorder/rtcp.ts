import type { ReportBlock } from './ReceptionStats.ts';

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SDES = 202;
/** The count field has five bits (RFC 3550 section 6.4.1). */
export const MAX_BLOCKS = 31;

/** A compound packet of a receiver report and the CNAME (RFC 3550 sections 6.4.2 and 6.5). */
export function receiverReport(
  ssrc: number,
  cname: string,
  blocks: readonly ReportBlock[],
): Buffer {
  const report = Buffer.alloc(8 + blocks.length * 24);
  writeHead(report, blocks.length, RECEIVER_REPORT);
  report.writeUInt32BE(ssrc, 4);
  blocks.forEach((block, index) => {
    const at = 8 + index * 24;
    report.writeUInt32BE(block.ssrc, at);
    report.writeUInt8(block.fractionLost, at + 4);
    report.writeUIntBE(block.cumulativeLost, at + 5, 3);
    report.writeUInt32BE(block.highestSeq, at + 8);
    report.writeUInt32BE(block.jitter, at + 12);
    report.writeUInt32BE(block.lastSr, at + 16);
    report.writeUInt32BE(block.delaySinceLastSr >>> 0, at + 20);
  });
  // One chunk: SSRC, item 1 (CNAME), its length, text, and at least one zero up to a whole word.
  const text = Buffer.from(cname, 'ascii');
  const sdes = Buffer.alloc(4 + Math.ceil((4 + 2 + text.length + 1) / 4) * 4);
  writeHead(sdes, 1, SDES);
  sdes.writeUInt32BE(ssrc, 4);
  sdes.writeUInt8(1, 8);
  sdes.writeUInt8(text.length, 9);
  text.copy(sdes, 10);
  return Buffer.concat([report, sdes]);
}

/** The sender reports in a compound packet; what is not understood is passed over. */
export function parseSenderReports(datagram: Buffer): { ssrc: number; middle: number }[] {
  const reports: { ssrc: number; middle: number }[] = [];
  let at = 0;
  while (at + 4 <= datagram.length && datagram[at]! >> 6 === 2) {
    const length = (datagram.readUInt16BE(at + 2) + 1) * 4;
    if (at + length > datagram.length) break;
    if (datagram[at + 1] === SENDER_REPORT && length >= 28) {
      reports.push({ ssrc: datagram.readUInt32BE(at + 4), middle: datagram.readUInt32BE(at + 10) });
    }
    at += length;
  }
  return reports;
}

function writeHead(packet: Buffer, count: number, type: number): void {
  packet.writeUInt8(0x80 | count, 0);
  packet.writeUInt8(type, 1);
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
}
