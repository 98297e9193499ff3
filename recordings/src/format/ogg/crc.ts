/** Polynomial 0x04c11db7, not reflected, from 0 (RFC 3533 section 6, field 7). */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

/** The checksum of an Ogg page whose checksum field is zero. */
export function oggCrc(page: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < page.length; i++) crc = (crc << 8) ^ TABLE[(crc >>> 24) ^ page[i]!]!;
  return crc >>> 0;
}
