import { openSource, type ByteSource } from './ByteSource.ts';
import { headerLength, openHeader, type OpenedHeader, type SealedHeader } from './header.ts';
import { SealError } from './SealError.ts';
import { openRecord, parseRecordHead, RECORD_END, RECORD_HEAD_BYTES } from './record.ts';

/** After a record whose length was changed the next one is looked for so far: as long as a record can be. */
const SEARCH_BYTES = 4 * 1024 * 1024 + RECORD_HEAD_BYTES;
const READ_BYTES = 1024 * 1024;

/** Where a record stands in its file. */
export interface RecordPlace {
  number: number;
  offset: number;
  /** Bytes, its head included. */
  length: number;
}

export interface ReadRecord extends RecordPlace {
  clock: number;
  plaintext: Buffer;
}

/** Bytes that belong to no record which opens. */
export interface DamagedPart {
  damaged: true;
  /** What is wrong, for people. */
  message: string;
  offset: number;
  length: number;
}

/** How a file ended, known once all of it was read. */
export type LogEnd =
  /** By its end record; `clock` in samples. */
  | { how: 'clean'; clock: number }
  /** Between two records: it is still being written, or its writer died. */
  | { how: 'open' }
  /** Within a record, `bytes` after the last whole one: its writer died. */
  | { how: 'torn'; bytes: number };

/** Reads a sealed file with an age identity. Everything given was authenticated before. */
export class SealedLogReader {
  readonly header: SealedHeader;
  readonly #file: ByteSource;
  readonly #opened: OpenedHeader;
  readonly #start: number;
  readonly #size: number;
  #end: LogEnd | null = null;

  private constructor(file: ByteSource, opened: OpenedHeader, start: number) {
    this.#file = file;
    this.#opened = opened;
    this.#start = start;
    this.#size = file.size;
    this.header = opened.header;
  }

  /**
   * `file`: its path, or an open one, which is closed with the reader. Errors: `SealError`, and those of
   * reading.
   */
  static async open(file: string | ByteSource, identity: string): Promise<SealedLogReader> {
    const source = typeof file === 'string' ? await openSource(file) : file;
    try {
      const { size } = source;
      const start = headerLength(await source.read(0, Math.min(size, 64)));
      if (start === null || start > size) {
        throw new SealError('unknown-format', 'The sealed file has no whole head.');
      }
      const opened = await openHeader(await source.read(0, start), identity);
      return new SealedLogReader(source, opened, start);
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  /** Bytes, as it was opened. */
  get size(): number {
    return this.#size;
  }

  /** Where its first record begins. */
  get first(): Omit<RecordPlace, 'length'> {
    return { number: 0, offset: this.#start };
  }

  /** How the file ended; `null` until `records()` came to its end. */
  get end(): LogEnd | null {
    return this.#end;
  }

  /**
   * All data records in order, up to where the file reached when it was opened.
   * Errors: `SealError('tampered')` at the first that does not open.
   */
  async *records(): AsyncGenerator<ReadRecord> {
    for await (const part of this.parts()) {
      if ('damaged' in part) throw new SealError('tampered', part.message);
      yield part;
    }
  }

  /** As `records()`, but goes around what does not open, and begins with any of them. */
  async *parts(from = this.first): AsyncGenerator<ReadRecord | DamagedPart> {
    let buffer: Buffer = Buffer.alloc(0);
    let { offset } = from;
    for (let { number } = from; ; number++) {
      buffer = await this.#fill(buffer, offset, RECORD_HEAD_BYTES);
      if (buffer.length === 0) {
        this.#end = { how: 'open' };
        return;
      }
      const rest = this.#size - offset;
      const head = parseRecordHead(buffer);
      const length = RECORD_HEAD_BYTES + (head?.length ?? 0);
      let message = `The head of record ${number} was changed.`;
      if (head !== null && length <= rest) {
        buffer = await this.#fill(buffer, offset, length);
        const plaintext = tryToOpen(this.#opened, number, buffer.subarray(0, length));
        if (plaintext !== null && head.type === RECORD_END) {
          if (rest > length) yield { ...AFTER_END, offset: offset + length, length: rest - length };
          this.#end = { how: 'clean', clock: head.clock };
          return;
        }
        if (plaintext !== null) {
          yield { number, offset, length, clock: head.clock, plaintext };
          buffer = buffer.subarray(length);
          offset += length;
          continue;
        }
        message = `Record ${number} was changed or moved.`;
      }
      const skipped = await this.#findNext(offset, number + 1);
      if (skipped === null) {
        // Of a record that was torn off no more than a part is there.
        if (rest < RECORD_HEAD_BYTES || (head !== null && rest < length)) {
          this.#end = { how: 'torn', bytes: rest };
          return;
        }
        yield { damaged: true, message, offset, length: rest };
        this.#end = { how: 'open' };
        return;
      }
      yield { damaged: true, message, offset, length: skipped };
      offset += skipped;
      buffer = Buffer.alloc(0);
    }
  }

  /**
   * How many bytes after `offset` record `number` begins, or `null`. Only the one that opens can be it, so
   * that whatever looks like a head within a changed record does no harm.
   */
  async #findNext(offset: number, number: number): Promise<number | null> {
    const length = Math.min(this.#size - offset, SEARCH_BYTES + RECORD_HEAD_BYTES);
    const bytes = await this.#file.read(offset, length);
    for (let at = 0; at + RECORD_HEAD_BYTES <= bytes.length; at++) {
      const head = parseRecordHead(bytes.subarray(at, at + RECORD_HEAD_BYTES));
      if (head === null) continue;
      const whole = RECORD_HEAD_BYTES + head.length;
      if (offset + at + whole > this.#size) continue;
      const record =
        at + whole <= bytes.length
          ? bytes.subarray(at, at + whole)
          : await this.#file.read(offset + at, whole);
      if (tryToOpen(this.#opened, number, record) !== null) return at;
    }
    return null;
  }

  /** The plaintext of one record again. */
  async read(place: RecordPlace): Promise<Buffer> {
    const record = await this.#file.read(place.offset, place.length);
    return openRecord(this.#opened, place.number, record);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** `buffer`, which holds the file from `offset` on, made at least `length` long if the file is. */
  async #fill(buffer: Buffer, offset: number, length: number): Promise<Buffer> {
    if (buffer.length >= length) return buffer;
    const from = offset + buffer.length;
    const wanted = Math.max(READ_BYTES, length - buffer.length);
    const more = await this.#file.read(from, Math.min(wanted, this.#size - from));
    return Buffer.concat([buffer, more]);
  }
}

const AFTER_END = { damaged: true, message: 'Bytes follow the end of the file.' } as const;

function tryToOpen(opened: OpenedHeader, number: number, record: Buffer): Buffer | null {
  try {
    return openRecord(opened, number, record);
  } catch (error) {
    if (error instanceof SealError) return null;
    throw error;
  }
}
