import { createHash } from 'node:crypto';

/** S3's smallest. One is in memory at a time; of 10,000 that a file may have, 52 GB: weeks of sound. */
export const PART_BYTES = 5 * 1024 * 1024;

/**
 * A part of a file as it is gathered, with its sums: these are made piece by piece as it is read, so that whoever shares
 * the process with an upload never waits for long.
 */
export class Part {
  readonly #pieces: Buffer[] = [];
  readonly #md5 = createHash('md5');
  readonly #sha256 = createHash('sha256');
  #size = 0;

  get isFull(): boolean {
    return this.#size === PART_BYTES;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Takes what it has room for, and gives the rest. */
  add(piece: Buffer): Buffer {
    const taken = piece.subarray(0, PART_BYTES - this.#size);
    this.#pieces.push(taken);
    this.#md5.update(taken);
    this.#sha256.update(taken);
    this.#size += taken.length;
    return piece.subarray(taken.length);
  }

  /** Once, when it is whole. */
  finish(): FinishedPart {
    return {
      body: Buffer.concat(this.#pieces),
      md5: this.#md5.digest('base64'),
      sha256: this.#sha256.digest('hex'),
    };
  }
}

export interface FinishedPart {
  body: Buffer;
  /** Base64, as `Content-MD5` has it. */
  md5: string;
  /** Hexadecimal, as the request's signature has it. */
  sha256: string;
}

/** A file in parts, all of one size but the last; at least one. */
export async function* partsOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<FinishedPart> {
  let part = new Part();
  let isFirst = true;
  for await (const piece of pieces) {
    for (let rest = piece; rest.length > 0;) {
      rest = part.add(rest);
      if (!part.isFull) continue;
      yield part.finish();
      part = new Part();
      isFirst = false;
    }
  }
  if (isFirst || !part.isEmpty) yield part.finish();
}
