import { CHAIN_FILE, sealSchema } from '../format/seal.ts';
import { bytesContent } from '../storage/content.ts';
import type { DiskStore } from '../storage/DiskStore.ts';
import type { FileStore, Keep } from '../storage/FileStore.ts';

/** Within the store: a file for each seal. */
export const CHAIN_FOLDER = 'chain';
const LINE_END = 0x0a;
const PIECE_BYTES = 256 * 1024;

/**
 * Copies the chain of seals to the store, a file for each line, since nothing can be added to a file that lies there. The
 * names sort as the chain goes: all of them one after the other are `chain.jsonl`.
 */
export class ChainCopy {
  readonly #disk: DiskStore;
  readonly #store: FileStore;
  /** Names of those that are there; read once. */
  #there: Set<string> | null = null;
  /** All lines before this place in `chain.jsonl` are there, bytes. */
  #offset = 0;

  constructor(disk: DiskStore, store: FileStore) {
    this.#disk = disk;
    this.#store = store;
  }

  /** Copies what is new. `keepOf`: how long, for what was sealed then. Errors: `unavailable`; that of `signal`. */
  async copy(keepOf: (sealedAt: Date) => Keep, signal: AbortSignal): Promise<void> {
    const file = await this.#disk.open(CHAIN_FILE);
    if (file === null) return;
    try {
      this.#there ??= new Set(await Array.fromAsync(this.#store.list(CHAIN_FOLDER)));
      while (this.#offset < file.size) {
        const piece = await file.read(this.#offset, PIECE_BYTES);
        const end = piece.indexOf(LINE_END) + 1;
        // The rest is being written.
        if (end === 0) return;
        signal.throwIfAborted();
        await this.#put(piece.subarray(0, end), keepOf, signal);
        this.#offset += end;
      }
    } finally {
      await file.close();
    }
  }

  async #put(line: Buffer, keepOf: (sealedAt: Date) => Keep, signal: AbortSignal): Promise<void> {
    const parsed = sealSchema.safeParse(parse(line));
    // Whoever checks the chain is told; nobody could say where it belongs.
    if (!parsed.success) return;
    const { sequence, sealedAt } = parsed.data;
    const name = `${String(sequence).padStart(10, '0')}.json`;
    if (this.#there?.has(name) === true) return;
    const keep = keepOf(new Date(sealedAt));
    await this.#store.put(`${CHAIN_FOLDER}/${name}`, bytesContent(Buffer.from(line)), keep, signal);
    this.#there?.add(name);
  }
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString());
  } catch {
    return null;
  }
}
