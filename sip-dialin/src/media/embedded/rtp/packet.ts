/** RTP packets (RFC 3550 section 5.1) with one-byte header extensions (RFC 8285 section 4.2). */

const VERSION = 2;
export const FIXED_HEADER_BYTES = 12;
/** "defined by profile" value that marks one-byte extension elements. */
const ONE_BYTE_PROFILE = 0xbede;

export interface RtpExtension {
  /** 1 to 14. */
  id: number;
  /** 1 to 16 bytes. */
  data: Uint8Array;
}

export interface RtpPacket {
  payloadType: number;
  marker: boolean;
  sequenceNumber: number;
  timestamp: number;
  ssrc: number;
  csrcs: readonly number[];
  extensions: readonly RtpExtension[];
  /** A view into the datagram when parsed: copy it to keep it. */
  payload: Uint8Array;
}

export type RtpPacketInit = Pick<
  RtpPacket,
  'payloadType' | 'sequenceNumber' | 'timestamp' | 'ssrc' | 'payload'
> &
  Partial<RtpPacket> & {
    /** Bytes of padding to append, 0 to 255. */
    padding?: number;
  };

type RtpFixedHeader = Omit<RtpPacketInit, 'payload'>;

const NO_CSRCS: readonly number[] = Object.freeze([]);
const NO_EXTENSIONS: readonly RtpExtension[] = Object.freeze([]);

/** Whether a datagram on a muxed port is RTCP rather than RTP (RFC 5761 section 4). */
export function isRtcp(data: Uint8Array): boolean {
  return data.length >= 2 && data[1]! >= 192 && data[1]! <= 223;
}

/** Reads one datagram. `undefined` when it is not well-formed RTP. */
export function parseRtp(data: Uint8Array): RtpPacket | undefined {
  if (data.length < FIXED_HEADER_BYTES || data[0]! >> 6 !== VERSION || isRtcp(data))
    return undefined;

  const csrcCount = data[0]! & 0x0f;
  let offset = FIXED_HEADER_BYTES + csrcCount * 4;
  let end = data.length;
  if (offset > end) return undefined;
  const csrcs = csrcCount === 0 ? NO_CSRCS : readCsrcs(data, csrcCount);

  let extensions = NO_EXTENSIONS;
  if (data[0]! & 0x10) {
    if (offset + 4 > end) return undefined;
    const start = offset + 4;
    offset = start + uint16(data, offset + 2) * 4;
    if (offset > end) return undefined;
    // Two-byte headers (0x100x) and others are skipped whole: nothing of ours comes in them.
    if (uint16(data, start - 4) === ONE_BYTE_PROFILE) {
      extensions = readOneByteExtensions(data.subarray(start, offset));
    }
  }

  if (data[0]! & 0x20) {
    const padding = data[end - 1]!;
    if (padding === 0 || offset + padding > end) return undefined;
    end -= padding;
  }

  return {
    payloadType: data[1]! & 0x7f,
    marker: (data[1]! & 0x80) !== 0,
    sequenceNumber: uint16(data, 2),
    timestamp: uint32(data, 4),
    ssrc: uint32(data, 8),
    csrcs,
    extensions,
    payload: data.subarray(offset, end),
  };
}

/** Writes one datagram into a buffer of its own. Throws `RangeError` for what cannot be written. */
export function writeRtp(packet: RtpPacketInit): Uint8Array {
  const { payload, csrcs = NO_CSRCS, extensions = NO_EXTENSIONS, padding = 0 } = packet;
  if (csrcs.length > 15) throw new RangeError('RTP carries at most 15 CSRCs.');
  if (padding < 0 || padding > 255) throw new RangeError('RTP padding is 0 to 255 bytes.');

  let extensionBytes = 0;
  for (const { id, data } of extensions) {
    if (id < 1 || id > 14) throw new RangeError('One-byte extension ids are 1 to 14.');
    if (data.length < 1 || data.length > 16) throw new RangeError('Extensions are 1 to 16 bytes.');
    extensionBytes += 1 + data.length;
  }
  const extensionWords = Math.ceil(extensionBytes / 4);
  const hasExtensions = extensions.length > 0;
  const headerBytes =
    FIXED_HEADER_BYTES + csrcs.length * 4 + (hasExtensions ? 4 + extensionWords * 4 : 0);

  const out = new Uint8Array(headerBytes + payload.length + padding);
  writeFixedHeader(out, packet);
  out[0]! |= (padding ? 0x20 : 0) | (hasExtensions ? 0x10 : 0) | csrcs.length;

  let offset = FIXED_HEADER_BYTES;
  for (const csrc of csrcs) {
    putUint32(out, offset, csrc);
    offset += 4;
  }
  if (hasExtensions) {
    putUint16(out, offset, ONE_BYTE_PROFILE);
    putUint16(out, offset + 2, extensionWords);
    offset += 4;
    for (const { id, data } of extensions) {
      out[offset] = (id << 4) | (data.length - 1);
      out.set(data, offset + 1);
      offset += 1 + data.length;
    }
  }
  out.set(payload, headerBytes);
  if (padding) out[out.length - 1] = padding;
  return out;
}

/** The first 12 bytes of a packet that has nothing else before its payload. */
export function writeFixedHeader(out: Uint8Array, header: RtpFixedHeader): void {
  out[0] = VERSION << 6;
  out[1] = (header.marker ? 0x80 : 0) | (header.payloadType & 0x7f);
  putUint16(out, 2, header.sequenceNumber);
  putUint32(out, 4, header.timestamp);
  putUint32(out, 8, header.ssrc);
}

function readCsrcs(data: Uint8Array, count: number): number[] {
  const csrcs: number[] = [];
  for (let i = 0; i < count; i++) csrcs.push(uint32(data, FIXED_HEADER_BYTES + i * 4));
  return csrcs;
}

/** Reads as far as the elements make sense; a broken rest is dropped, the packet is not. */
function readOneByteExtensions(block: Uint8Array): RtpExtension[] {
  const extensions: RtpExtension[] = [];
  let offset = 0;
  while (offset < block.length) {
    const head = block[offset]!;
    if (head === 0) {
      offset += 1; // Padding between elements.
      continue;
    }
    const id = head >> 4;
    const length = (head & 0x0f) + 1;
    const start = offset + 1;
    // Id 15 means stop (RFC 8285 section 4.2); id 0 with a length is malformed.
    if (id === 0 || id === 15 || start + length > block.length) break;
    extensions.push({ id, data: block.subarray(start, start + length) });
    offset = start + length;
  }
  return extensions;
}

function uint16(data: Uint8Array, offset: number): number {
  return (data[offset]! << 8) | data[offset + 1]!;
}

function uint32(data: Uint8Array, offset: number): number {
  return ((uint16(data, offset) << 16) | uint16(data, offset + 2)) >>> 0;
}

function putUint16(out: Uint8Array, offset: number, value: number): void {
  out[offset] = value >>> 8;
  out[offset + 1] = value;
}

function putUint32(out: Uint8Array, offset: number, value: number): void {
  putUint16(out, offset, value >>> 16);
  putUint16(out, offset + 2, value);
}
