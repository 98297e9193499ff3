/** One Opus packet on the recording's clock. */
export interface PlacedPacket {
  /** Of its first sample, in samples of 48 kHz from the recording's start. */
  position: number;
  payload: Uint8Array;
  /** How loud the sender says it is, in -dBov (RFC 6464); not kept. */
  audioLevel?: number | undefined;
}

/** Position u48, length u16. */
const PACKET_HEAD_BYTES = 8;

/** The content of a data record: packets one after the other. */
export function encodePackets(packets: readonly PlacedPacket[]): Buffer {
  const size = packets.reduce((sum, { payload }) => sum + PACKET_HEAD_BYTES + payload.length, 0);
  const bytes = Buffer.allocUnsafe(size);
  let offset = 0;
  for (const { position, payload } of packets) {
    bytes.writeUIntBE(position, offset, 6);
    bytes.writeUInt16BE(payload.length, offset + 6);
    bytes.set(payload, offset + PACKET_HEAD_BYTES);
    offset += PACKET_HEAD_BYTES + payload.length;
  }
  return bytes;
}

/** Reads a data record back. Throws a RangeError when it is not whole. */
export function decodePackets(bytes: Buffer): PlacedPacket[] {
  const packets: PlacedPacket[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const position = bytes.readUIntBE(offset, 6);
    const length = bytes.readUInt16BE(offset + 6);
    const end = offset + PACKET_HEAD_BYTES + length;
    if (end > bytes.length) throw new RangeError('A packet reaches beyond its record.');
    packets.push({ position, payload: bytes.subarray(offset + PACKET_HEAD_BYTES, end) });
    offset = end;
  }
  return packets;
}
