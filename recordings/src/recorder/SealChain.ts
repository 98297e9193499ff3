import { createReadStream } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { CHAIN_FILE, hashOfSeal, sealSchema } from '../format/seal.ts';
import { syncDirectory } from '../format/durable.ts';
import { isCode } from '../format/secretFile.ts';
import { FileLock } from './FileLock.ts';
import { KnownHead, leadsOn, NO_HEAD, type ChainHead } from './KnownHead.ts';

const LINE_END = 0x0a;
/** Read backwards in such steps, to find the last line. */
const STEP = 64 * 1024;
/** Others may have many recordings to seal, each within a moment. */
const LOCK_WAIT_MS = 30_000;

/** Beside the lock, and so beside the keys. */
const HEAD_FILE = 'chain-head.json';

/** A chain that does not end, or go on, where the last seal was put: it was cut, lost or made anew. */
export interface BrokenChain {
  known: ChainHead;
  found: ChainHead;
}

export interface SealChainOptions {
  vaultDirectory: string;
  /** The same for all. */
  lockPath: string;
  /** Told each time that it is opened, until a seal was added: that one names the known head, so that what is missing shows. */
  onBroken: (chain: BrokenChain) => void;
}

/**
 * The file of all seals, one a line, each naming the one before. Several recorders seal in one vault: each
 * opens the chain for one seal, and nobody else does meanwhile.
 */
export class SealChain {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #known: KnownHead;
  #head: ChainHead;
  /** Up to the end of the last whole line. */
  #size: number;

  private constructor(options: {
    path: string;
    handle: FileHandle;
    known: KnownHead;
    head: ChainHead;
    size: number;
  }) {
    this.#path = options.path;
    this.#handle = options.handle;
    this.#known = options.known;
    this.#head = options.head;
    this.#size = options.size;
  }

  /**
   * Opens the chain, or makes it, while `work` runs; waits for whoever else does. A line that was cut off by a
   * crash is taken away. Errors: `AppError('unavailable')`, and those of the file system.
   */
  static async with<T>(
    options: SealChainOptions,
    work: (chain: SealChain) => Promise<T>,
  ): Promise<T> {
    const lock = await FileLock.take(options.lockPath, LOCK_WAIT_MS);
    try {
      const chain = await SealChain.#open(options);
      try {
        return await work(chain);
      } finally {
        await chain.#handle.close();
      }
    } finally {
      lock.release();
    }
  }

  static async #open(options: SealChainOptions): Promise<SealChain> {
    const { vaultDirectory, lockPath, onBroken } = options;
    await mkdir(vaultDirectory, { recursive: true, mode: 0o700 });
    const path = join(vaultDirectory, CHAIN_FILE);
    const handle = await openOrMake(path);
    try {
      await syncDirectory(vaultDirectory);
      const { line, end: size } = await lastLine(handle);
      await handle.truncate(size);
      const found = line === null ? NO_HEAD : await headOf(path, line);
      const known = new KnownHead(join(dirname(lockPath), HEAD_FILE));
      const noted = await known.read();
      // From before there was one: it is taken as it is, once.
      if (noted === null && found.sequence > 0) await known.write(found);
      const head = noted ?? found;
      const isWhole = head.hash === found.hash || (await leadsOn(path, head));
      if (!isWhole) onBroken({ known: head, found });
      return new SealChain({ path, handle, known, head: isWhole ? found : head, size });
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get head(): ChainHead {
    return this.#head;
  }

  /** Adds the seal that follows `head`; resolves once that, and that it is the head now, is on the disk. */
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
    await this.#known.write(this.#head);
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

async function headOf(path: string, line: string): Promise<ChainHead> {
  return { sequence: sequenceOf(line) ?? (await countLines(path)), hash: hashOfSeal(line) };
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
