import { createHash, hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { ByteSource } from '../format/ByteSource.ts';
import { SealError } from '../format/SealError.ts';
import type { Content } from './FileStore.ts';

/** Read back in such pieces: they stay in the processor's cache until they are hashed. */
const PIECE_BYTES = 256 * 1024;

/** A file of the local disk, and what its seal says of it. */
export function fileContent(path: string, size: number, sha256: string): Content {
  return { size, sha256, read: () => createReadStream(path) };
}

export function bytesContent(bytes: Buffer): Content {
  return {
    size: bytes.length,
    sha256: hash('sha256', bytes, 'hex'),
    async *read() {
      yield bytes;
    },
  };
}

/** The content as it is read. Errors: at its end, `SealError('tampered')` when it was another. */
export async function* checked({ read, size, sha256 }: Content): AsyncGenerator<Buffer> {
  const sum = createHash('sha256');
  let bytes = 0;
  for await (const piece of read()) {
    bytes += piece.length;
    sum.update(piece);
    yield piece;
  }
  if (bytes !== size || sum.digest('hex') !== sha256) {
    throw new SealError('tampered', 'A file is not what its seal says.');
  }
}

/** Whether an open file has this content: all of it is read. */
export async function isSame(
  file: ByteSource,
  { size, sha256 }: Pick<Content, 'size' | 'sha256'>,
): Promise<boolean> {
  if (file.size !== size) return false;
  const sum = createHash('sha256');
  const buffers = [Buffer.alloc(PIECE_BYTES), Buffer.alloc(PIECE_BYTES)] as const;
  const read = (at: number): Promise<Buffer> =>
    file.read(at, Math.min(PIECE_BYTES, size - at), buffers[(at / PIECE_BYTES) & 1]);
  let next = read(0);
  for (let at = 0; at < size; at += PIECE_BYTES) {
    const piece = await next;
    // It is read while this one is hashed.
    if (at + PIECE_BYTES < size) next = read(at + PIECE_BYTES);
    sum.update(piece);
  }
  return sum.digest('hex') === sha256;
}
