/** An RTP packet as the recorder needs it. */
export interface RtpPacket {
  payloadType: number;
  seq: number;
  timestamp: number;
  ssrc: number;
  payload: Uint8Array;
  /** How loud the sender says it is, in -dBov: 0 to 127 is silence (RFC 6464). */
  audioLevel?: number | undefined;
}

const FIXED_HEAD_BYTES = 12;
const ONE_BYTE_PROFILE = 0xbede;

/**
 * Whether a datagram on an rtcp-mux socket is RTCP: packet types 192 to 223 (RFC 5761 section 4).
 */
export function isRtcp(datagram: Uint8Array): boolean {
  return datagram.length >= 2 && datagram[1]! >= 192 && datagram[1]! <= 223;
}

/**
 * Parses an RTP packet (RFC 3550 section 5.1); `null` when it is not a whole one. `levelId`: the header
 * extension's id of the audio level.
 */
export function parseRtp(datagram: Buffer, levelId?: number): RtpPacket | null {
  if (datagram.length < FIXED_HEAD_BYTES || datagram[0]! >> 6 !== 2) return null;
  let start = FIXED_HEAD_BYTES + (datagram[0]! & 0x0f) * 4;
  let audioLevel: number | undefined;
  if ((datagram[0]! & 0x10) !== 0) {
    if (datagram.length < start + 4) return null;
    const at = start;
    start += 4 + datagram.readUInt16BE(start + 2) * 4;
    if (levelId !== undefined) audioLevel = levelOf(datagram, at, start, levelId);
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
    audioLevel,
  };
}

/** The audio level in a header extension of one-byte elements (RFC 8285 section 4.2). */
function levelOf(datagram: Buffer, at: number, end: number, id: number): number | undefined {
  if (end > datagram.length || datagram.readUInt16BE(at) !== ONE_BYTE_PROFILE) return undefined;
  for (let next = at + 4; next < end;) {
    const head = datagram[next]!;
    // Padding.
    if (head === 0) next++;
    else if (head >> 4 === id) return next + 1 < end ? datagram[next + 1]! & 0x7f : undefined;
    else next += 2 + (head & 0x0f);
  }
  return undefined;
}
