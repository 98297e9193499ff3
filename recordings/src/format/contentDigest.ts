import { hash } from 'node:crypto';
import { opusSamples, SHORTEST_FRAME, SILENCE } from './opus.ts';
import type { PlacedPacket } from './packets.ts';

const START = Buffer.from(hash('sha256', 'switchroom content 1', 'hex'), 'hex');
/** The digest before, time u48, length u16. */
const HEAD_BYTES = 40;
/** Longer ones have no place in RTP; they are hashed all the same. */
const USUAL_BYTES = 1500;

/**
 * A digest of what a track says and when, which an exported Ogg Opus can be checked by without the sealed file
 * (docs/recording-format.md). It is a chain over the packets, so that a recorder that died left it behind
 * with each record: `value` is all of its state that a reader needs.
 *
 * Time is that of the Ogg stream, which fills gaps by whole shortest frames. Frames of mere silence do not
 * count: what fills a gap is no different from what a sender said nothing with.
 */
export class ContentDigest {
  /** Packets that count. */
  packets = 0;
  #value = START;
  /** What is hashed; kept, since this is done for every packet. */
  #input = Buffer.alloc(HEAD_BYTES + USUAL_BYTES);
  /** Samples of the Ogg stream so far. */
  #written = 0;
  readonly #startPosition: number;

  /** `startPosition`: where the file begins on the recording's clock, in samples. */
  constructor(startPosition: number) {
    this.#startPosition = startPosition;
  }

  /** 32 bytes. */
  get value(): Buffer {
    return this.#value;
  }

  push({ position, payload }: PlacedPacket): void {
    const samples = opusSamples(payload);
    // The Ogg file has no place for it either.
    if (samples === 0) return;
    const gap = Math.max(0, position - this.#startPosition - this.#written);
    const at = this.#written + Math.floor(gap / SHORTEST_FRAME) * SHORTEST_FRAME;
    this.#written = at + samples;
    if (isSilence(payload)) return;
    this.packets++;
    const end = HEAD_BYTES + payload.length;
    if (end > this.#input.length) this.#input = Buffer.alloc(end);
    this.#input.set(this.#value, 0);
    this.#input.writeUIntBE(at, this.#value.length, 6);
    this.#input.writeUInt16BE(payload.length, this.#value.length + 6);
    this.#input.set(payload, HEAD_BYTES);
    this.#value = hash('sha256', this.#input.subarray(0, end), 'buffer');
  }
}

/** The digest of a file without any packet. */
export const EMPTY_CONTENT: string = START.toString('hex');

function isSilence(payload: Uint8Array): boolean {
  if (payload.length !== 3) return false;
  return SILENCE.some(({ packet }) => packet.every((byte, index) => byte === payload[index]));
}
