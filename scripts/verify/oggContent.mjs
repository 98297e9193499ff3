// @ts-check
import { createHash } from 'node:crypto';
import { must } from './Fault.mjs';

/*
 * What an Ogg Opus file (RFC 7845) of ours says and when, checked page by page. No sound is decoded.
 */

const PAGE_HEAD_BYTES = 27;
const PAGE_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});
/** Frame sizes in samples by TOC configuration (RFC 6716 section 3.1, table 2). */
const SILK = [480, 960, 1920, 2880];
const CELT = [120, 240, 480, 960];
/** Frames of mere silence do not count (docs/recording-format.md). */
const SILENCE = new Set(['f8fffe', 'f0fffe', 'e8fffe', 'e0fffe']);

/**
 * @typedef {object} OggContent
 * @property {string} content the digest of times and packets, hexadecimal
 * @property {number} sounding packets that are not mere silence
 * @property {number} packets
 * @property {number} preSkip
 * @property {number} written samples of all packets
 * @property {number} granule of the last page
 */

/**
 * @param {Iterable<Buffer>} chunks
 * @param {string} name
 * @param {{ from: number, to: number }[]} [pauses] in samples of the file: no packet begins in them but silence
 * @returns {OggContent}
 */
export function oggContent(chunks, name, pauses = []) {
  let digest = createHash('sha256').update('switchroom content 1').digest();
  let written = 0;
  let [packets, sounding] = [0, 0];
  let preSkip = 0;
  let serial = 0;
  let last = { sequence: -1, flags: 0, granule: 0 };
  for (const page of pages(chunks, name)) {
    const what = `Page ${page.sequence} of ${name}`;
    must(page.sequence === last.sequence + 1, `${what} follows page ${last.sequence}.`);
    must((last.flags & 4) === 0, `${what} follows the last page.`);
    must((page.flags & ~4) === (page.sequence === 0 ? 2 : 0), `${what} has wrong flags.`);
    if (page.sequence === 0) {
      serial = page.serial;
      preSkip = preSkipOf(page.packets, name);
    }
    must(page.serial === serial, `${what} is of another stream.`);
    if (page.sequence === 1) must(isTags(page.packets), `${name} has no comment header.`);
    if (page.sequence > 1) {
      for (const packet of page.packets) {
        const samples = opusSamples(packet);
        must(samples > 0, `${what} has a packet that is not Opus.`);
        packets++;
        if (!isSilence(packet)) {
          sounding++;
          const inPause = pauses.some(({ from, to }) => written >= from && written < to);
          must(!inPause, `${what} has sound where the manifest states a pause.`);
          const head = Buffer.alloc(8);
          head.writeUIntBE(written, 0, 6);
          head.writeUInt16BE(packet.length, 6);
          digest = createHash('sha256').update(digest).update(head).update(packet).digest();
        }
        written += samples;
      }
      const isLast = (page.flags & 4) !== 0;
      must(isLast || page.granule === written, `${what} says another time than its packets.`);
    }
    last = page;
  }
  must((last.flags & 4) !== 0, `${name} has no last page; it was cut off.`);
  return {
    content: digest.toString('hex'),
    sounding,
    packets,
    preSkip,
    written,
    granule: last.granule,
  };
}

/**
 * @param {Iterable<Buffer>} chunks
 * @param {string} name
 */
function* pages(chunks, name) {
  /** @type {Buffer} */
  let rest = Buffer.alloc(0);
  let count = 0;
  for (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const size = pageSize(rest, `Page ${count} of ${name}`);
      if (size === null || size > rest.length) break;
      yield pageOf(rest.subarray(0, size), `Page ${count} of ${name}`);
      rest = rest.subarray(size);
      count++;
    }
  }
  must(rest.length === 0, `Page ${count} of ${name} is cut off.`);
}

/**
 * @param {Buffer} bytes
 * @param {string} what
 */
function pageSize(bytes, what) {
  if (bytes.length < PAGE_HEAD_BYTES) return null;
  must(bytes.toString('latin1', 0, 4) === 'OggS', `${what} does not begin as a page does.`);
  const segments = bytes.readUInt8(26);
  if (bytes.length < PAGE_HEAD_BYTES + segments) return null;
  const lacing = bytes.subarray(PAGE_HEAD_BYTES, PAGE_HEAD_BYTES + segments);
  return lacing.reduce((sum, length) => sum + length, PAGE_HEAD_BYTES + segments);
}

/**
 * @param {Buffer} page
 * @param {string} what
 */
function pageOf(page, what) {
  must(page.readUInt32LE(22) === pageCrc(page), `${what} has a wrong checksum.`);
  must(page.readUInt8(4) === 0, `${what} is of an unknown version.`);
  const segments = page.readUInt8(26);
  let start = PAGE_HEAD_BYTES + segments;
  let end = start;
  const packets = [];
  for (const length of page.subarray(PAGE_HEAD_BYTES, start)) {
    end += length;
    if (length === 255) continue;
    packets.push(page.subarray(start, end));
    start = end;
  }
  must(start === end, `${what} ends within a packet.`);
  return {
    flags: page.readUInt8(5),
    granule: Number(page.readBigUInt64LE(6)),
    serial: page.readUInt32LE(14),
    sequence: page.readUInt32LE(18),
    packets,
  };
}

/**
 * The page's checksum (RFC 3533 section 6), with its own field taken as zero.
 * @param {Buffer} page
 */
function pageCrc(page) {
  let crc = 0;
  for (let i = 0; i < page.length; i++) {
    const byte = i >= 22 && i < 26 ? 0 : /** @type {number} */ (page[i]);
    crc = (crc << 8) ^ /** @type {number} */ (PAGE_TABLE[(crc >>> 24) ^ byte]);
  }
  return crc >>> 0;
}

/**
 * @param {Buffer[]} packets
 * @param {string} name
 */
function preSkipOf(packets, name) {
  const [head] = packets;
  const good =
    packets.length === 1 &&
    head?.length === 19 &&
    head.toString('latin1', 0, 8) === 'OpusHead' &&
    head.readUInt8(8) === 1 &&
    head.readUInt8(9) === 1 &&
    head.readUInt32LE(12) === 48_000 &&
    head.readUInt16LE(16) === 0 &&
    head.readUInt8(18) === 0;
  must(good, `The Opus header of ${name} was changed.`);
  return head.readUInt16LE(10);
}

/** @param {Buffer[]} packets */
function isTags([tags, ...more]) {
  return more.length === 0 && tags?.toString('latin1', 0, 8) === 'OpusTags';
}

/** @param {Buffer} packet */
export function isSilence(packet) {
  return packet.length === 3 && SILENCE.has(packet.toString('hex'));
}

/**
 * Samples of 48 kHz, or 0 when it is no Opus packet.
 * @param {Buffer} packet
 */
export function opusSamples(packet) {
  if (packet.length === 0) return 0;
  const toc = packet.readUInt8(0);
  const config = toc >> 3;
  const sizes = config < 12 ? SILK : config < 16 ? SILK.slice(0, 2) : CELT;
  const size = sizes[config < 12 || config >= 16 ? config & 3 : config & 1] ?? 0;
  const code = toc & 3;
  if (code === 3 && packet.length < 2) return 0;
  const frames = code === 0 ? 1 : code === 3 ? packet.readUInt8(1) & 0x3f : 2;
  return frames * size > 5760 ? 0 : frames * size;
}
