import { createEncoder } from 'libopus-wasm';
import { describe, expect, it } from 'vitest';
import { levelAt } from './goertzel.ts';
import { decodeOggOpus, readOggOpus } from './oggOpus.ts';
import { tone } from './tones.ts';

/** One page; checksums are left at zero, since the reader trusts what an authenticated record held. */
function page(granule: number, packets: Buffer[], flags = 0): Buffer {
  const lacing = packets.flatMap((packet) => [
    ...new Array<number>(Math.floor(packet.length / 255)).fill(255),
    packet.length % 255,
  ]);
  const header = Buffer.alloc(27);
  header.write('OggS', 0, 'latin1');
  header[5] = flags;
  header.writeBigInt64LE(BigInt(granule), 6);
  header.writeUInt32LE(1, 14);
  header[26] = lacing.length;
  return Buffer.concat([header, Buffer.from(lacing), ...packets]);
}

function opusHead(preSkip: number): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 0, 'latin1');
  head[8] = 1;
  head[9] = 1;
  head.writeUInt16LE(preSkip, 10);
  head.writeUInt32LE(48000, 12);
  return head;
}

const TAGS = Buffer.from('OpusTags\0\0\0\0\0\0\0\0', 'latin1');

describe('Ogg Opus', () => {
  it('is decoded to the tone that went in, pre-skip dropped', async () => {
    const encoder = await createEncoder({ channels: 1 });
    const { samples } = tone({ frequency: 620, seconds: 1, sampleRate: 48000 });
    const packets = Array.from({ length: 50 }, (_, i) =>
      Buffer.from(encoder.encode(samples.subarray(960 * i, 960 * (i + 1)))),
    );
    encoder.free();
    const file = Buffer.concat([
      page(0, [opusHead(312)], 2),
      page(0, [TAGS]),
      page(25 * 960, packets.slice(0, 25)),
      page(50 * 960, packets.slice(25), 4),
    ]);
    const sound = await decodeOggOpus(file);
    expect(sound.samples.length).toBe(48000 - 312);
    expect(levelAt(sound, 620)).toBeGreaterThan(-14);
    expect(levelAt(sound, 440)).toBeLessThan(-40);
  });

  it('joins a packet that lies on two pages', () => {
    const long = Buffer.alloc(600, 7);
    const first = page(-1, [long.subarray(0, 510)]);
    const cut = Buffer.concat([
      first.subarray(0, 26),
      Buffer.from([2, 255, 255]),
      long.subarray(0, 510),
    ]);
    const file = Buffer.concat([
      page(0, [opusHead(0)]),
      page(0, [TAGS]),
      cut,
      page(960, [long.subarray(510)], 1),
    ]);
    expect(readOggOpus(file).packets).toEqual([long]);
  });

  it('refuses what is something else', () => {
    expect(() => readOggOpus(Buffer.from('{"code":"not-found","detail":"..."}'))).toThrow(/No Ogg/);
    expect(() => readOggOpus(page(0, [Buffer.from('OtherCodec'), TAGS]))).toThrow(
      /Not an Ogg Opus/,
    );
  });
});
