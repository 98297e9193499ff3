import type { ByteSource } from '../format/ByteSource.ts';

/** What is read at first, and after a jump: about ten seconds of sound. */
const FIRST_BYTES = 64 * 1024;
/** What is read at most, when all of a file is. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * A file that is far away, read in few large pieces though it is asked for in many small ones. The pieces grow as
 * long as one follows the other. One is kept.
 */
export class ReadAhead implements ByteSource {
  readonly #file: ByteSource;
  #start = 0;
  #piece: Buffer = Buffer.alloc(0);
  #next = FIRST_BYTES;

  constructor(file: ByteSource) {
    this.#file = file;
  }

  get size(): number {
    return this.#file.size;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    if (wanted === 0) return Buffer.alloc(0);
    if (!this.#has(offset, wanted)) await this.#fetch(offset, wanted);
    // A copy: the piece is let go before the reader is done with it.
    return Buffer.from(this.#piece.subarray(offset - this.#start, offset - this.#start + wanted));
  }

  close(): Promise<void> {
    this.#piece = Buffer.alloc(0);
    return this.#file.close();
  }

  #has(offset: number, length: number): boolean {
    return offset >= this.#start && offset + length <= this.#start + this.#piece.length;
  }

  async #fetch(offset: number, length: number): Promise<void> {
    const end = this.#start + this.#piece.length;
    const goesOn = this.#piece.length > 0 && offset >= this.#start && offset <= end;
    this.#next = goesOn ? Math.min(2 * this.#next, MOST_BYTES) : FIRST_BYTES;
    // What is there of it already is not asked for again.
    const kept = goesOn ? this.#piece.subarray(offset - this.#start) : Buffer.alloc(0);
    const from = offset + kept.length;
    const bytes = Math.min(Math.max(length - kept.length, this.#next), this.size - from);
    this.#piece = Buffer.concat([kept, await this.#file.read(from, bytes)]);
    this.#start = offset;
  }
}
