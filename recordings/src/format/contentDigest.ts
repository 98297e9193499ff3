import { hash } from 'node:crypto';
import { opusSamples, SHORTEST_FRAME, SILENCE } from './opus.ts';
import type { PlacedPacket } from './packets.ts';

const START = Buffer.from(hash('sha256', 'switchroom content 1', 'hex'), 'hex');
/** Time u48, length u16. */
const PACKET_HEAD_BYTES = 8;

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
    const head = Buffer.alloc(PACKET_HEAD_BYTES);
    head.writeUIntBE(at, 0, 6);
    head.writeUInt16BE(payload.length, 6);
    this.#value = hash('sha256', Buffer.concat([this.#value, head, payload]), 'buffer');
  }
}

/** The digest of a file without any packet. */
export const EMPTY_CONTENT: string = START.toString('hex');

function isSilence(payload: Uint8Array): boolean {
  if (payload.length !== 3) return false;
  return SILENCE.some(({ packet }) => packet.every((byte, index) => byte === payload[index]));
}
