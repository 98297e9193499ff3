import { open, type FileHandle } from 'node:fs/promises';

/** An open file, wherever it lies. */
export interface ByteSource {
  /** Bytes, as it was opened. */
  readonly size: number;
  /**
   * Bytes from `offset` on; fewer than `length` only where the file ends. `into`: of at least that length, where they may be
   * put: who reads all of a long file spares the memory for each piece, which costs more than reading it.
   */
  read(offset: number, length: number, into?: Buffer): Promise<Buffer>;
  close(): Promise<void>;
}

/** A file of the local disk. Errors: those of the file system. */
export async function openSource(path: string): Promise<ByteSource & { changed: number }> {
  const handle = await open(path, 'r');
  try {
    const { size, ctimeMs } = await handle.stat();
    return {
      ...{ size, changed: ctimeMs },
      read: (offset, length, into) => readAt(handle, offset, length, into),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readAt(
  handle: FileHandle,
  offset: number,
  length: number,
  buffer: Buffer = Buffer.alloc(length),
): Promise<Buffer> {
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
