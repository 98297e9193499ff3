import { rm } from 'node:fs/promises';
import { INDEX_ID, sealedFile } from '../format/ids.ts';
import { encodeIndex, type IndexRow } from '../format/seekIndex.ts';
import { SealedLogWriter } from '../format/SealedLogWriter.ts';
import { Indexer } from './Indexer.ts';
import type { RecordingOptions } from './RecordingOptions.ts';

/**
 * A record of the index is written for so many rows: what a recorder that dies leaves without is read back in a few
 * milliseconds.
 */
const BATCH_ROWS = 256;

/** The sealed file of the index, as far as the seal has to know it. */
export interface IndexFile {
  sha256: string;
  bytes: number;
}

/**
 * Writes the seek index of a recording while it is made. Nothing of the sound depends on it: where it cannot be written it is
 * left out.
 */
export class IndexLog {
  readonly #path: string;
  readonly #log: SealedLogWriter;
  #rows = new Map<string, IndexRow[]>();
  #count = 0;

  private constructor(path: string, log: SealedLogWriter) {
    this.#path = path;
    this.#log = log;
  }

  /** Makes the file, which must not exist. */
  static async create({ vaultDirectory, start }: RecordingOptions): Promise<IndexLog> {
    const { recordingId, recipient } = start;
    const path = sealedFile(vaultDirectory, recordingId, INDEX_ID);
    const info = { recordingId, name: INDEX_ID, content: 'index' as const };
    const log = await SealedLogWriter.create(
      path,
      { ...info, startPosition: 0, preSkip: 0 },
      recipient,
    );
    return new IndexLog(path, log);
  }

  /** What takes the rows of one file. */
  indexer(id: string, start: { startPosition: number; preSkip: number }): Indexer {
    return new Indexer(start, (row) => this.#add(id, row));
  }

  /** Brings it to the disk and closes it. `null` where it could not be written: then it is gone. */
  async end(): Promise<IndexFile | null> {
    this.#write();
    try {
      return { sha256: await this.#log.end(0), bytes: this.#log.size };
    } catch {
      await rm(this.#path, { force: true });
      return null;
    }
  }

  #add(id: string, row: IndexRow): void {
    const rows = this.#rows.get(id);
    if (rows === undefined) this.#rows.set(id, [row]);
    else rows.push(row);
    if (++this.#count >= BATCH_ROWS) this.#write();
  }

  #write(): void {
    if (this.#count === 0) return;
    this.#log.append(encodeIndex(this.#rows), 0);
    this.#rows = new Map();
    this.#count = 0;
  }
}
