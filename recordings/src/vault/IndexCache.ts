import type { AudioIndex } from './AudioIndex.ts';

/** About 1 MB for a two-hour track. */
const MAX_INDEXES = 32;

/** What an index was built from. */
export interface IndexedState {
  /** Of the file and of its seal: with another one of either it is built again. */
  version: string;
  /** All of the file was compared with its seal for it, though that was done for this version before. */
  isAnew: boolean;
}

/** The indexes that were used last, by the name of their file. */
export class IndexCache {
  /** Least recently used first. */
  readonly #kept = new Map<string, IndexedState & { index: Promise<AudioIndex> }>();

  /** The one that is kept, or what `build` gives; one that could not be built is not kept. */
  async get(
    name: string,
    { version, isAnew }: IndexedState,
    build: () => Promise<AudioIndex>,
  ): Promise<AudioIndex> {
    let kept = this.#kept.get(name);
    this.#kept.delete(name);
    if (kept?.version !== version || (isAnew && !kept.isAnew)) {
      kept = { version, isAnew, index: build() };
    }
    this.#kept.set(name, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_INDEXES && oldest !== undefined) this.#kept.delete(oldest);
    try {
      return await kept.index;
    } catch (error) {
      if (this.#kept.get(name) === kept) this.#kept.delete(name);
      throw error;
    }
  }

  /** All whose name begins so. */
  drop(prefix: string): void {
    for (const name of this.#kept.keys()) {
      if (name.startsWith(prefix)) this.#kept.delete(name);
    }
  }
}
