import { createReadStream } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CHAIN_FILE, hashOfSeal, NO_SEAL, sealSchema } from '../format/seal.ts';
import { syncDirectory } from '../format/durable.ts';
import { isCode } from '../format/secretFile.ts';
import { FileLock } from './FileLock.ts';

const LINE_END = 0x0a;
/** Read backwards in such steps, to find the last line. */
const STEP = 64 * 1024;
/** Others may have many recordings to seal, each within a moment. */
const LOCK_WAIT_MS = 30_000;

/** The last seal of a vault. */
export interface ChainHead {
  /** 0 when there is none. */
  sequence: number;
  hash: string;
}

/**
 * The file of all seals, one a line, each naming the one before. Several recorders seal in one vault: each
 * opens the chain for one seal, and nobody else does meanwhile.
 */
export class SealChain {
  readonly #path: string;
  readonly #handle: FileHandle;
  #head: ChainHead;
  /** Up to the end of the last whole line. */
  #size: number;

  private constructor(path: string, handle: FileHandle, head: ChainHead, size: number) {
    this.#path = path;
    this.#handle = handle;
    this.#head = head;
    this.#size = size;
  }

  /**
   * Opens the chain, or makes it, while `work` runs; waits for whoever else does. A line that was cut off by a
   * crash is taken away. `lockPath`: the same for all. Errors: `AppError('unavailable')`, and those of the file system.
   */
  static async with<T>(
    vaultDirectory: string,
    lockPath: string,
    work: (chain: SealChain) => Promise<T>,
  ): Promise<T> {
    const lock = await FileLock.take(lockPath, LOCK_WAIT_MS);
    try {
      const chain = await SealChain.#open(vaultDirectory);
      try {
        return await work(chain);
      } finally {
        await chain.#handle.close();
      }
    } finally {
      lock.release();
    }
  }

  static async #open(vaultDirectory: string): Promise<SealChain> {
    await mkdir(vaultDirectory, { recursive: true, mode: 0o700 });
    const path = join(vaultDirectory, CHAIN_FILE);
    const handle = await openOrMake(path);
    try {
      await syncDirectory(vaultDirectory);
      const { line, end } = await lastLine(handle);
      await handle.truncate(end);
      if (line === null) return new SealChain(path, handle, { sequence: 0, hash: NO_SEAL }, end);
      const sequence = sequenceOf(line) ?? (await countLines(path));
      return new SealChain(path, handle, { sequence, hash: hashOfSeal(line) }, end);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get head(): ChainHead {
    return this.#head;
  }

  /** Adds the seal that follows `head`; resolves once it is on the disk. */
  async append(line: string): Promise<void> {
    const bytes = Buffer.from(`${line}\n`);
    try {
      await this.#handle.write(bytes, 0, bytes.length, this.#size);
      await this.#handle.datasync();
    } catch (error) {
      await this.#handle.truncate(this.#size).catch(() => undefined);
      throw error;
    }
    this.#size += bytes.length;
    this.#head = { sequence: this.#head.sequence + 1, hash: hashOfSeal(line) };
  }

  /** Whether a seal is in it. */
  async has(line: string): Promise<boolean> {
    const lines = createInterface({ input: createReadStream(this.#path), crlfDelay: Infinity });
    for await (const one of lines) if (one === line) return true;
    return false;
  }
}

/** `null` when the line was changed: recording goes on, and whoever checks the chain is told. */
function sequenceOf(line: string): number | null {
  try {
    return sealSchema.parse(JSON.parse(line)).sequence;
  } catch {
    return null;
  }
}

async function countLines(path: string): Promise<number> {
  let count = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    for (const byte of chunk) if (byte === LINE_END) count++;
  }
  return count;
}

async function openOrMake(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
    return await open(path, 'wx+', 0o600);
  }
}

/** The last whole line, `null` when there is none, and where it ends. */
async function lastLine(handle: FileHandle): Promise<{ line: string | null; end: number }> {
  const { size } = await handle.stat();
  let tail = Buffer.alloc(0);
  for (let from = size; from > 0;) {
    const length = Math.min(STEP, from);
    from -= length;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from);
    tail = Buffer.concat([buffer.subarray(0, bytesRead), tail]);
    const end = tail.lastIndexOf(LINE_END);
    if (end < 0) continue;
    const start = end === 0 ? -1 : tail.lastIndexOf(LINE_END, end - 1);
    if (start < 0 && from > 0) continue;
    return { line: tail.toString('utf8', start + 1, end), end: from + end + 1 };
  }
  return { line: null, end: 0 };
}
