import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { plainIo, type FileIo } from './FileIo.ts';
import { createHeader, type SealedFileInfo } from './header.ts';
import { MARK_BYTES, RECORD_DATA, RECORD_END, sealRecord, type FileKey } from './record.ts';

const NO_MARK = Buffer.alloc(MARK_BYTES);

/**
 * Appends sealed records to one file. `append()` seals at once and returns; the writes follow in order.
 * A write that fails is kept and thrown by `flushed()` and `end()`: from then on nothing is written.
 */
export class SealedLogWriter {
  readonly #handle: FileHandle;
  readonly #io: FileIo;
  readonly #file: FileKey;
  readonly #hash: Hash;
  #number = 0;
  #written = 0;
  #synced = 0;
  #pending: Buffer[] = [];
  #writing: Promise<void> = Promise.resolve();
  #failure: Error | undefined;
  #ended = false;
  #dirty = true;
  #syncing: Promise<void> = Promise.resolve();
  /** Bytes given to the file so far, the head included. */
  #size: number;

  private constructor(handle: FileHandle, io: FileIo, head: Buffer, file: FileKey) {
    this.#handle = handle;
    this.#io = io;
    this.#file = file;
    this.#hash = createHash('sha256').update(head);
    this.#size = head.length;
  }

  /** Makes the file (it must not exist) with its head on disk. `recipient` is `age1…`, or several with commas. */
  static async create(
    path: string,
    info: SealedFileInfo,
    recipient: string,
    io: FileIo = plainIo,
  ): Promise<SealedLogWriter> {
    const { bytes, ...file } = await createHeader(info, recipient);
    const handle = await open(path, 'ax', 0o600);
    try {
      await handle.appendFile(bytes);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return new SealedLogWriter(handle, io, bytes, file);
  }

  get size(): number {
    return this.#size;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** How many records were appended: the number of the next. */
  get records(): number {
    return this.#number;
  }

  /** How many records are in the file. */
  get written(): number {
    return this.#written;
  }

  /** How many records are on the disk for sure. */
  get synced(): number {
    return this.#synced;
  }

  /** Whether something was written that may not be on the disk yet. */
  get isDirty(): boolean {
    return this.#dirty;
  }

  /** Seals one record. `clock`: the recording's clock at its end, in samples; `mark`: see record.ts. */
  append(plaintext: Uint8Array, clock: number, mark: Buffer = NO_MARK): void {
    if (this.#ended) return;
    const head = { type: RECORD_DATA, clock, mark } as const;
    this.#write(sealRecord(this.#file, this.#number++, head, plaintext));
  }

  /** Brings what is in the file to the disk. It waits for no write, and no write waits for it. */
  async sync(): Promise<void> {
    if (this.#ended || !this.#dirty) return;
    this.#dirty = false;
    const written = this.#written;
    const syncing = this.#io.sync(this.#handle);
    this.#syncing = syncing.catch(() => undefined);
    try {
      await syncing;
      this.#synced = written;
    } catch (error) {
      this.#failure ??= toError(error);
    }
  }

  /** Waits until all that was appended is in the file. Throws what a write failed with. */
  async flushed(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Marks the end, brings the file to the disk and closes it. Gives its SHA-256, hexadecimal. */
  async end(clock: number, mark: Buffer = NO_MARK): Promise<string> {
    if (!this.#ended) {
      this.#ended = true;
      const head = { type: RECORD_END, clock, mark } as const;
      this.#write(sealRecord(this.#file, this.#number++, head, new Uint8Array()));
    }
    try {
      await this.#syncing;
      await this.flushed();
      await this.#handle.sync();
    } finally {
      await this.#handle.close();
    }
    return this.#hash.digest('hex');
  }

  #write(record: Buffer): void {
    this.#hash.update(record);
    this.#size += record.length;
    this.#pending.push(record);
    // One write at a time; what comes meanwhile goes together in the next.
    if (this.#pending.length === 1) this.#writing = this.#writing.then(() => this.#drain());
  }

  async #drain(): Promise<void> {
    const records = this.#pending;
    this.#pending = [];
    if (this.#failure !== undefined) return;
    try {
      const bytes = records.length === 1 ? records[0]! : Buffer.concat(records);
      await this.#io.append(this.#handle, bytes);
      this.#written += records.length;
      this.#dirty = true;
    } catch (error) {
      this.#failure = toError(error);
    }
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
