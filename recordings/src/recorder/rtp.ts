/** An RTP packet as the recorder needs it. */
export interface RtpPacket {
  payloadType: number;
  seq: number;
  timestamp: number;
  ssrc: number;
  payload: Uint8Array;
}

const FIXED_HEAD_BYTES = 12;

/**
 * Whether a datagram on an rtcp-mux socket is RTCP: packet types 192 to 223 (RFC 5761 section 4).
 */
export function isRtcp(datagram: Uint8Array): boolean {
  return datagram.length >= 2 && datagram[1]! >= 192 && datagram[1]! <= 223;
}

/** Parses an RTP packet (RFC 3550 section 5.1); `null` when it is not a whole one. */
export function parseRtp(datagram: Buffer): RtpPacket | null {
  if (datagram.length < FIXED_HEAD_BYTES || datagram[0]! >> 6 !== 2) return null;
  let start = FIXED_HEAD_BYTES + (datagram[0]! & 0x0f) * 4;
  if ((datagram[0]! & 0x10) !== 0) {
    if (datagram.length < start + 4) return null;
    start += 4 + datagram.readUInt16BE(start + 2) * 4;
  }
  let end = datagram.length;
  if ((datagram[0]! & 0x20) !== 0) {
    const padding = datagram[end - 1]!;
    if (padding === 0) return null;
    end -= padding;
  }
  if (start > end) return null;
  return {
    payloadType: datagram[1]! & 0x7f,
    seq: datagram.readUInt16BE(2),
    timestamp: datagram.readUInt32BE(4),
    ssrc: datagram.readUInt32BE(8),
    payload: datagram.subarray(start, end),
  };
}
