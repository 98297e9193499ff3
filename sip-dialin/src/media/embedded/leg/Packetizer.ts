import type { LegCodec } from '../codecs/legCodecs.ts';

/** Our tick makes frames of this. */
const FRAME_MS = 20;
/** What phones are built for; RFC 3551 section 4.2 says 20. */
const MIN_MS = 10;
const MAX_MS = 60;

/** How long our packets to a phone are: as it asks, in steps of 10 ms. */
export function packetMs(ptimeMs: number | undefined, maxPtimeMs: number | undefined): number {
  const wished = Math.min(ptimeMs ?? FRAME_MS, maxPtimeMs ?? MAX_MS);
  return Math.min(MAX_MS, Math.max(MIN_MS, Math.floor(wished / 10) * 10));
}

/**
 * Frames of 20 ms in, packets of 10 to 60 ms out. Codes of G.711 and G.722 are cut anywhere; Opus
 * frames are put together (RFC 6716 section 3.2.5), or go one by one where the phone asks for less.
 */
export class Packetizer {
  readonly #codec: LegCodec;
  readonly #ms: number;
  #held: Uint8Array[] = [];

  constructor(codec: LegCodec, ms: number) {
    this.#codec = codec;
    this.#ms = ms;
  }

  /** The packets that are complete with this frame, and how long each is, ms. */
  push(frame: Uint8Array): { payload: Uint8Array; ms: number }[] {
    return this.#codec === 'opus' ? this.#pushOpus(frame) : this.#pushCodes(frame);
  }

  /** What is not complete is not sent; gives how long it was, ms. */
  clear(): number {
    const bytes = this.#held.reduce((sum, { length }) => sum + length, 0);
    const ms = this.#codec === 'opus' ? this.#held.length * FRAME_MS : bytes / 8;
    this.#held = [];
    return ms;
  }

  #pushCodes(frame: Uint8Array): { payload: Uint8Array; ms: number }[] {
    const size = this.#ms * 8; // Eight codes a millisecond in all three.
    const all = Buffer.concat([...this.#held, frame]);
    const packets = [];
    let at = 0;
    for (; at + size <= all.length; at += size) {
      packets.push({ payload: all.subarray(at, at + size), ms: this.#ms });
    }
    this.#held = at < all.length ? [all.subarray(at)] : [];
    return packets;
  }

  #pushOpus(frame: Uint8Array): { payload: Uint8Array; ms: number }[] {
    const packets = [];
    // Only frames of one kind go into one packet; ours are all of one frame (code 0).
    const first = this.#held[0];
    if (first && (first[0] !== frame[0] || (frame[0]! & 3) !== 0)) packets.push(this.#merged());
    this.#held.push(frame);
    if ((this.#held.length + 1) * FRAME_MS > this.#ms) packets.push(this.#merged());
    return packets;
  }

  #merged(): { payload: Uint8Array; ms: number } {
    const frames = this.#held;
    this.#held = [];
    const ms = frames.length * FRAME_MS;
    if (frames.length === 1) return { payload: frames[0]!, ms };
    // Code 3, variable lengths: all but the last are told.
    const head = [frames[0]![0]! | 3, 0x80 | frames.length];
    for (const frame of frames.slice(0, -1)) {
      const length = frame.length - 1;
      if (length < 252) head.push(length);
      else head.push(252 + (length & 3), (length - 252 - (length & 3)) >> 2);
    }
    const bodies = frames.map((frame) => frame.subarray(1));
    return { payload: Buffer.concat([Uint8Array.from(head), ...bodies]), ms };
  }
}
