// @ts-check

/** Reflected polynomial 0xedb88320 (RFC 1952 section 8); Node.js has one of its own from 20.15 on only. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/**
 * The CRC of a zip, carried on.
 * @param {Uint8Array} bytes
 * @param {number} [before] of what came before these bytes
 */
export function crc32(bytes, before = 0) {
  let crc = ~before >>> 0;
  for (let i = 0; i < bytes.length; i++) {
    crc =
      (crc >>> 8) ^ /** @type {number} */ (TABLE[(crc ^ /** @type {number} */ (bytes[i])) & 255]);
  }
  return ~crc >>> 0;
}
