import type { FileIo } from '../format/FileIo.ts';
import { BatchedIo } from './BatchedIo.ts';

/** A file that is written, as the disk sees it. */
export interface Syncable {
  readonly isDirty: boolean;
  sync(): Promise<void>;
}

/** So often what was written is brought to the disk, ms: a power cut costs so much more than the death of a process. */
const SYNC_MS = 1000;

/**
 * The disk under all recordings: their files are written by its `io`, and brought to the disk (fdatasync) once a second, all
 * together. One that cannot keep up has it done less often.
 */
export class Disk {
  readonly io: FileIo;
  readonly #files = new Set<Syncable>();
  #syncedAt = -Infinity;
  #isSyncing = false;

  constructor(io: FileIo = new BatchedIo()) {
    this.io = io;
  }

  /** Gives what takes it out again. */
  add(file: Syncable): () => void {
    this.#files.add(file);
    return () => this.#files.delete(file);
  }

  /** Call it every 100 ms or so. `now`: ms, monotonic. */
  tick(now: number): void {
    if (this.#isSyncing || now - this.#syncedAt < SYNC_MS) return;
    this.#syncedAt = now;
    void this.#sync();
  }

  async #sync(): Promise<void> {
    this.#isSyncing = true;
    // What fails is kept by the file, and ends its recording.
    await Promise.all([...this.#files].filter((file) => file.isDirty).map((file) => file.sync()));
    this.#isSyncing = false;
  }
}
