/** RTCP compound packets (RFC 3550 section 6): what we read, and what we write. */

const PT_SR = 200;
const PT_RR = 201;
const PT_SDES = 202;
const PT_BYE = 203;
const SDES_CNAME = 1;
const REPORT_BLOCK_BYTES = 24;
/** Seconds from the NTP epoch (1900) to the Unix epoch. */
const NTP_OFFSET_S = 2_208_988_800;

export interface ReportBlock {
  ssrc: number;
  /** Loss since the last report, in 1/256. */
  fractionLost: number;
  /** Signed 24 bits. */
  cumulativeLost: number;
  extendedHighestSeq: number;
  /** Interarrival jitter in timestamp units. */
  jitter: number;
  /** The middle 32 bits of the last SR's NTP time; 0 when there was none. */
  lastSr: number;
  /** Since the last SR arrived, in 1/65536 s. */
  delaySinceLastSr: number;
}

export interface SenderInfo {
  ntpSeconds: number;
  ntpFraction: number;
  rtpTimestamp: number;
  packetCount: number;
  octetCount: number;
}

export type RtcpPacket =
  | { type: 'sr'; ssrc: number; sender: SenderInfo; reports: ReportBlock[] }
  | { type: 'rr'; ssrc: number; reports: ReportBlock[] }
  | { type: 'sdes'; chunks: { ssrc: number; cname: string | undefined }[] }
  | { type: 'bye'; ssrcs: number[]; reason: string | undefined }
  /** Well-formed, of a kind we do not use (APP, feedback, XR). */
  | { type: 'other'; packetType: number };

/** Reads a compound packet. `undefined` when any part is malformed. */
export function parseRtcp(data: Uint8Array): RtcpPacket[] | undefined {
  const packets: RtcpPacket[] = [];
  let offset = 0;
  while (offset < data.length) {
    if (offset + 4 > data.length || data[offset]! >> 6 !== 2) return undefined;
    const view = new DataView(data.buffer, data.byteOffset + offset);
    const count = view.getUint8(0) & 0x1f;
    const packetType = view.getUint8(1);
    const length = (view.getUint16(2) + 1) * 4;
    if (offset + length > data.length || packetType < 192 || packetType > 223) return undefined;

    let end = length;
    if (view.getUint8(0) & 0x20) {
      end -= view.getUint8(length - 1);
      if (end < 4 || end === length) return undefined;
    }
    const part = parseOne(
      packetType,
      count,
      new DataView(data.buffer, data.byteOffset + offset, end),
    );
    if (!part) return undefined;
    packets.push(part);
    offset += length;
  }
  return packets.length > 0 ? packets : undefined;
}

function parseOne(packetType: number, count: number, view: DataView): RtcpPacket | undefined {
  switch (packetType) {
    case PT_SR: {
      if (view.byteLength < 28 + count * REPORT_BLOCK_BYTES) return undefined;
      const sender = {
        ntpSeconds: view.getUint32(8),
        ntpFraction: view.getUint32(12),
        rtpTimestamp: view.getUint32(16),
        packetCount: view.getUint32(20),
        octetCount: view.getUint32(24),
      };
      return { type: 'sr', ssrc: view.getUint32(4), sender, reports: readReports(view, 28, count) };
    }
    case PT_RR:
      if (view.byteLength < 8 + count * REPORT_BLOCK_BYTES) return undefined;
      return { type: 'rr', ssrc: view.getUint32(4), reports: readReports(view, 8, count) };
    case PT_SDES:
      return readSdes(view, count);
    case PT_BYE: {
      if (view.byteLength < 4 + count * 4) return undefined;
      const ssrcs = Array.from({ length: count }, (_, i) => view.getUint32(4 + i * 4));
      return { type: 'bye', ssrcs, reason: readText(view, 4 + count * 4) };
    }
    default:
      return { type: 'other', packetType };
  }
}

function readReports(view: DataView, start: number, count: number): ReportBlock[] {
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * REPORT_BLOCK_BYTES;
    return {
      ssrc: view.getUint32(at),
      fractionLost: view.getUint8(at + 4),
      cumulativeLost: (view.getUint32(at + 4) << 8) >> 8,
      extendedHighestSeq: view.getUint32(at + 8),
      jitter: view.getUint32(at + 12),
      lastSr: view.getUint32(at + 16),
      delaySinceLastSr: view.getUint32(at + 20),
    };
  });
}

function readSdes(view: DataView, count: number): RtcpPacket | undefined {
  const chunks: { ssrc: number; cname: string | undefined }[] = [];
  let at = 4;
  for (let i = 0; i < count; i++) {
    if (at + 4 > view.byteLength) return undefined;
    const chunk = { ssrc: view.getUint32(at), cname: undefined as string | undefined };
    at += 4;
    while (at < view.byteLength && view.getUint8(at) !== 0) {
      const text = readText(view, at + 1);
      if (text === undefined) return undefined;
      if (view.getUint8(at) === SDES_CNAME) chunk.cname = text;
      at += 2 + view.getUint8(at + 1);
    }
    at = (at | 3) + 1; // The list ends with one to four zero bytes, at a word boundary.
    chunks.push(chunk);
  }
  return { type: 'sdes', chunks };
}

/** A text with its length before it; `undefined` when there is none or it is cut off. */
function readText(view: DataView, at: number): string | undefined {
  if (at >= view.byteLength) return undefined;
  const length = view.getUint8(at);
  if (at + 1 + length > view.byteLength) return undefined;
  return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 1, length));
}

/** A sender report, to be followed by `writeSdes` in a compound packet. */
export function writeSenderReport(
  ssrc: number,
  sender: SenderInfo,
  reports: readonly ReportBlock[] = [],
): Uint8Array {
  const view = newPacket(PT_SR, reports.length, 28 + reports.length * REPORT_BLOCK_BYTES);
  view.setUint32(4, ssrc);
  view.setUint32(8, sender.ntpSeconds);
  view.setUint32(12, sender.ntpFraction);
  view.setUint32(16, sender.rtpTimestamp);
  view.setUint32(20, sender.packetCount);
  view.setUint32(24, sender.octetCount);
  putReports(view, 28, reports);
  return bytesOf(view);
}

export function writeReceiverReport(ssrc: number, reports: readonly ReportBlock[]): Uint8Array {
  const view = newPacket(PT_RR, reports.length, 8 + reports.length * REPORT_BLOCK_BYTES);
  view.setUint32(4, ssrc);
  putReports(view, 8, reports);
  return bytesOf(view);
}

/** SDES with a CNAME of at most 255 bytes. Every compound packet has one (RFC 3550 section 6.1). */
export function writeSdes(ssrc: number, cname: string): Uint8Array {
  const text = new TextEncoder().encode(cname).subarray(0, 255);
  const view = newPacket(PT_SDES, 1, 8 + Math.ceil((2 + text.length + 1) / 4) * 4);
  view.setUint32(4, ssrc);
  view.setUint8(8, SDES_CNAME);
  view.setUint8(9, text.length);
  const out = bytesOf(view);
  out.set(text, 10);
  return out;
}

export function writeBye(ssrcs: readonly number[]): Uint8Array {
  const view = newPacket(PT_BYE, ssrcs.length, 4 + ssrcs.length * 4);
  ssrcs.forEach((ssrc, i) => view.setUint32(4 + i * 4, ssrc));
  return bytesOf(view);
}

/** Joins packets to a compound one. */
export function compound(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

/** A wall-clock time (ms since 1970) as NTP seconds and fraction. */
export function ntpTime(unixMs: number): { ntpSeconds: number; ntpFraction: number } {
  const seconds = Math.floor(unixMs / 1000);
  const fraction = Math.floor(((unixMs - seconds * 1000) / 1000) * 2 ** 32);
  return { ntpSeconds: (seconds + NTP_OFFSET_S) >>> 0, ntpFraction: fraction >>> 0 };
}

/** What a report calls its LSR: the middle 32 bits of an NTP time. */
export function ntpMiddle(ntpSeconds: number, ntpFraction: number): number {
  return ((ntpSeconds << 16) | (ntpFraction >>> 16)) >>> 0;
}

function newPacket(packetType: number, count: number, bytes: number): DataView {
  const view = new DataView(new ArrayBuffer(bytes));
  view.setUint8(0, 0x80 | count);
  view.setUint8(1, packetType);
  view.setUint16(2, bytes / 4 - 1);
  return view;
}

function putReports(view: DataView, start: number, reports: readonly ReportBlock[]): void {
  reports.forEach((report, i) => {
    const at = start + i * REPORT_BLOCK_BYTES;
    const lost = Math.max(-0x800000, Math.min(0x7fffff, report.cumulativeLost));
    view.setUint32(at, report.ssrc);
    view.setUint32(at + 4, ((report.fractionLost & 0xff) << 24) | (lost & 0xffffff));
    view.setUint32(at + 8, report.extendedHighestSeq);
    view.setUint32(at + 12, report.jitter);
    view.setUint32(at + 16, report.lastSr);
    view.setUint32(at + 20, report.delaySinceLastSr);
  });
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
