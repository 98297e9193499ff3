/** A file that is written, as DiskSync sees it. */
export interface Syncable {
  readonly isDirty: boolean;
  sync(): Promise<void>;
}

/**
 * Node does files on four threads: two are left for what is written, so that a slow disk holds up no packet.
 */
const AT_ONCE = 2;

/**
 * Brings open files to the disk (fdatasync), one after the other, so that a power cut costs less than a
 * second. Each tick those that were written since are queued, each once; a disk that cannot keep up has
 * all of them done in turn, only less often.
 */
export class DiskSync {
  readonly stats = { syncs: 0, slowestMs: 0 };
  readonly #files = new Set<Syncable>();
  readonly #queue = new Set<Syncable>();
  readonly #now: () => number;
  #running = 0;

  /** `now`: ms, monotonic. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Gives what takes it out again. */
  add(file: Syncable): () => void {
    this.#files.add(file);
    return () => {
      this.#files.delete(file);
      this.#queue.delete(file);
    };
  }

  /** Call it every 100 ms or so. */
  tick(): void {
    for (const file of this.#files) if (file.isDirty) this.#queue.add(file);
    while (this.#running < AT_ONCE && this.#queue.size > 0) void this.#work();
  }

  async #work(): Promise<void> {
    this.#running++;
    for (const file of this.#queue) {
      this.#queue.delete(file);
      const startedAt = this.#now();
      // What fails is kept by the file, and ends its recording.
      await file.sync();
      this.stats.syncs++;
      this.stats.slowestMs = Math.max(this.stats.slowestMs, this.#now() - startedAt);
    }
    this.#running--;
  }
}
