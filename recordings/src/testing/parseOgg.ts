import { oggCrc } from '../format/ogg/crc.ts';

export interface OggPage {
  flags: number;
  granule: number;
  serial: number;
  sequence: number;
  packets: Buffer[];
}

/**
 * The pages of an Ogg file whose packets never span pages, as ours are made.
 * Throws an Error that names the page that is wrong.
 */
export function parseOgg(bytes: Buffer): OggPage[] {
  const pages: OggPage[] = [];
  let at = 0;
  while (at < bytes.length) {
    const what = `Ogg page ${pages.length}`;
    if (bytes.toString('ascii', at, at + 4) !== 'OggS')
      throw new Error(`${what}: no capture pattern`);
    const count = bytes.readUInt8(at + 26);
    const lacing = bytes.subarray(at + 27, at + 27 + count);
    const size = lacing.reduce((sum, length) => sum + length, 27 + count);
    const page = Buffer.from(bytes.subarray(at, at + size));
    const crc = page.readUInt32LE(22);
    page.writeUInt32LE(0, 22);
    if (oggCrc(page) !== crc) throw new Error(`${what}: wrong checksum`);
    pages.push({
      flags: page.readUInt8(5),
      granule: Number(page.readBigUInt64LE(6)),
      serial: page.readUInt32LE(14),
      sequence: page.readUInt32LE(18),
      packets: splitPackets(page.subarray(27 + count), lacing),
    });
    at += size;
  }
  return pages;
}

function splitPackets(body: Buffer, lacing: Uint8Array): Buffer[] {
  const packets: Buffer[] = [];
  let start = 0;
  let end = 0;
  for (const length of lacing) {
    end += length;
    if (length === 255) continue;
    packets.push(body.subarray(start, end));
    start = end;
  }
  if (start !== end) throw new Error('A packet goes on in the next page.');
  return packets;
}
