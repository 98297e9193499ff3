import { AppError } from '@switchroom/protocol';
import type { Vault } from '@switchroom/recordings/vault';
import type { Logger } from 'pino';
import type { RecordingStore } from './RecordingStore.ts';

export interface VaultCheckOptions {
  store: Pick<RecordingStore, 'ended'>;
  /** Who finds a seal to be gone there raises the alarm. */
  vault: Pick<Vault, 'isThere'>;
  logger: Logger;
  /** Between two rounds, ms. */
  everyMs: number;
}

/** What is on our disk is looked for each hour; a store on the network wants to be paid for each question. */
export const CHECK_DISK_MS = 3_600_000;
export const CHECK_STORE_MS = 24 * CHECK_DISK_MS;
/** Rows read at a time. */
const PAGE = 500;
/** Looked for at the same time: a store is asked no more than that by somebody who has time. */
const AT_ONCE = 4;
/** An alarm for each recording of a disk that is not mounted helps nobody: the others come with the next round. */
const MOST = 100;

/**
 * Whether the vault has a seal of every recording that the database has: now, and again and again until it is closed. What was taken
 * away unlawfully is missed so before somebody asks for it. One that was deleted is in the database no more.
 */
export class VaultCheck {
  readonly #options: VaultCheckOptions;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  /** Found to be gone, since the server started: told once. */
  readonly #gone = new Set<string>();
  #running: Promise<void>;
  #isClosed = false;

  constructor(options: VaultCheckOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ file: 'VaultCheck' });
    this.#running = this.#check();
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.#check());
    }, options.everyMs);
    this.#timer.unref();
  }

  /** Resolves when what is being looked for is found, or is not. Twice is silent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  async #check(): Promise<void> {
    const before = this.#gone.size;
    try {
      await this.#round(before + MOST);
    } catch (error) {
      // Of a store that is away others tell.
      const isAway = error instanceof AppError && error.code === 'unavailable';
      if (isAway) this.#logger.warn({ code: error.code }, 'check() | not all could be looked for');
      else this.#logger.error({ err: error }, 'check() | failed');
    }
    const gone = this.#gone.size - before;
    if (gone > 0) this.#logger.error({ gone }, 'check() | recordings are gone from the vault');
  }

  async #round(most: number): Promise<void> {
    for (let after = ''; ;) {
      const ids = await this.#options.store.ended(after, PAGE);
      const waiting = ids.values();
      const look = async (): Promise<void> => {
        // All take from the same list.
        for (const id of waiting) {
          if (this.#isClosed || this.#gone.size >= most) return;
          await this.#look(id);
        }
      };
      const looked = await Promise.allSettled(Array.from({ length: AT_ONCE }, look));
      const failed = looked.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
      const last = ids.at(-1);
      if (last === undefined || this.#isClosed || this.#gone.size >= most) return;
      after = last;
    }
  }

  async #look(id: string): Promise<void> {
    if (this.#gone.has(id)) return;
    if (!(await this.#options.vault.isThere(id))) this.#gone.add(id);
  }
}
