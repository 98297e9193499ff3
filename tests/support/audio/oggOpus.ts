import { createDecoder } from 'libopus-wasm';
import type { Sound } from './Sound.ts';

/** Opus always counts at 48 kHz (RFC 7845 section 4). */
const RATE = 48_000;
/** The longest Opus packet is 120 ms. */
const LONGEST_PACKET = 5760;

/** Samples at 48 kHz of one frame, by the configuration in the TOC byte (RFC 6716 section 3.1). */
function frameSize(configuration: number): number {
  if (configuration < 12) return [480, 960, 1920, 2880][configuration % 4]!;
  if (configuration < 16) return [480, 960][configuration % 2]!;
  return [120, 240, 480, 960][configuration % 4]!;
}

/** Samples at 48 kHz that a packet decodes to. */
function packetSize(packet: Uint8Array): number {
  const toc = packet[0] ?? 0;
  const counts = [1, 2, 2, (packet[1] ?? 0) & 0x3f];
  return frameSize(toc >> 3) * counts[toc & 3]!;
}

interface OggPage {
  granule: bigint;
  serial: number;
  /** Pieces between lacing values below 255; the last one may go on in the next page. */
  pieces: Buffer[];
  continues: boolean;
  unfinished: boolean;
}

function* pages(file: Buffer): Generator<OggPage> {
  for (let at = 0; at + 27 <= file.length;) {
    if (file.toString('latin1', at, at + 4) !== 'OggS') throw new Error(`No Ogg page at ${at}.`);
    const count = file[at + 26]!;
    const lacing = file.subarray(at + 27, at + 27 + count);
    const pieces: Buffer[] = [];
    let from = at + 27 + count;
    let length = 0;
    for (const value of lacing) {
      length += value;
      if (value === 255) continue;
      pieces.push(file.subarray(from, from + length));
      from += length;
      length = 0;
    }
    const unfinished = lacing.at(-1) === 255;
    if (unfinished) pieces.push(file.subarray(from, from + length));
    yield {
      granule: file.readBigInt64LE(at + 6),
      serial: file.readUInt32LE(at + 14),
      pieces,
      continues: (file[at + 5]! & 1) !== 0,
      unfinished,
    };
    at = from + length;
  }
}

export interface OggOpus {
  channels: number;
  /** Samples at 48 kHz that a player drops at the start. */
  preSkip: number;
  packets: Buffer[];
  /** Granule position of the last page: the length with pre-skip, samples at 48 kHz. */
  lastGranule: number;
}

/** Takes an Ogg Opus file apart (RFC 3533, RFC 7845). Throws for what is none. */
export function readOggOpus(file: Buffer): OggOpus {
  const packets: Buffer[] = [];
  let open: Buffer | undefined;
  let lastGranule = 0;
  let serial: number | undefined;
  for (const page of pages(file)) {
    serial ??= page.serial;
    if (page.serial !== serial) throw new Error('More than one stream in the Ogg file.');
    const pieces = [...page.pieces];
    if (page.continues && open !== undefined) {
      pieces[0] = Buffer.concat([open, pieces[0] ?? Buffer.alloc(0)]);
    }
    open = page.unfinished ? pieces.pop() : undefined;
    packets.push(...pieces);
    if (page.granule >= 0n) lastGranule = Number(page.granule);
  }
  const [head, tags, ...audio] = packets;
  if (head?.toString('latin1', 0, 8) !== 'OpusHead') throw new Error('Not an Ogg Opus file.');
  if (tags?.toString('latin1', 0, 8) !== 'OpusTags') throw new Error('Ogg Opus without OpusTags.');
  return { channels: head[9]!, preSkip: head.readUInt16LE(10), packets: audio, lastGranule };
}

/**
 * Decodes an Ogg Opus file to mono 48 kHz, as a player does: pre-skip dropped, and silence where the
 * stream has packets of a length that it does not fill.
 */
export async function decodeOggOpus(file: Buffer): Promise<Sound> {
  const { packets, preSkip, lastGranule } = readOggOpus(file);
  const decoder = await createDecoder({ sampleRate: RATE, channels: 1 });
  try {
    const total = packets.reduce((sum, packet) => sum + packetSize(packet), 0);
    const samples = new Int16Array(total + LONGEST_PACKET);
    let at = 0;
    for (const packet of packets) {
      const frame = decoder.decode(packet);
      samples.set(frame, at);
      at += frame.length;
    }
    const end = lastGranule > preSkip ? Math.min(at, lastGranule) : at;
    return { sampleRate: RATE, samples: samples.slice(Math.min(preSkip, end), end) };
  } finally {
    decoder.free();
  }
}
