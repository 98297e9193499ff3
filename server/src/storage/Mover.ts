import { once } from 'node:events';
import { AppError } from '@switchroom/protocol';
import type { ChainCopy, FileStore, Keep, VaultFiles } from '@switchroom/recordings/vault';
import type { Logger } from 'pino';
import type { StoredRecordings } from './StoredRecordings.ts';

export interface MoverOptions {
  store: Pick<FileStore, 'check' | 'label'>;
  files: Pick<VaultFiles, 'sealedHere' | 'upload' | 'drop' | 'clear' | 'keep'>;
  chain: Pick<ChainCopy, 'copy'>;
  stored: StoredRecordings;
  logger: Logger;
  times?: Partial<MoverTimes>;
}

/** In ms. */
export interface MoverTimes {
  /** Between two looks for what is sealed. */
  look: number;
  /** After a failure, doubled with each, up to `longestWait`. */
  firstWait: number;
  longestWait: number;
  /** Until one that cannot be moved by itself is tried again; also how often is looked for what is to be kept longer. */
  rest: number;
}

const TIMES: MoverTimes = {
  ...{ look: 5_000, firstWait: 1_000, longestWait: 300_000, rest: 3_600_000 },
};

/** What does not answer is left alone so long after it was told to stop, ms. */
const CLOSE_MS = 2_000;

/**
 * Moves sealed recordings to the store, one after the other, for as long as the server runs. What fails is tried
 * again, less and less often, and is played from local disk meanwhile. Everything is found out anew from what lies
 * where, so that it can end at any moment.
 */
export class Mover {
  /** Recordings that are sealed and still on local disk. */
  waiting = 0;
  /** Since the server started. */
  failures = 0;
  readonly #options: MoverOptions;
  readonly #logger: Logger;
  readonly #times: MoverTimes;
  readonly #stop = new AbortController();
  /** By recording: when one that could not be moved is looked at again, ms since 1970. */
  readonly #resting = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  /** One after the other, so far. */
  #failed = 0;
  #isChecked = false;
  #renewAt = 0;

  constructor(options: MoverOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ file: 'Mover' });
    this.#times = { ...TIMES, ...options.times };
    this.#schedule(0);
  }

  /** A hold or the policy has changed: the store is told soon. */
  renew(): void {
    this.#renewAt = 0;
  }

  /** Resolves when nothing is under way, or soon after; an upload is broken off. Twice is silent. */
  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    const patience = AbortSignal.timeout(CLOSE_MS);
    await Promise.race([this.#running, once(patience, 'abort')]);
  }

  #schedule(ms: number): void {
    if (this.#stop.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
    }, ms);
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    let wait = this.#times.look;
    try {
      await this.#round();
      this.#failed = 0;
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#isChecked = false;
      this.failures += 1;
      wait = Math.min(this.#times.firstWait * 2 ** this.#failed, this.#times.longestWait);
      this.#failed += 1;
      const { waiting } = this;
      this.#logger.error({ err: error, waiting, retryMs: wait }, 'run() | the store fails');
    }
    this.#schedule(wait);
  }

  async #round(): Promise<void> {
    const { files, store, chain, stored } = this.#options;
    await files.clear();
    const here = await files.sealedHere();
    this.waiting = here.length;
    if (!this.#isChecked) await store.check();
    this.#isChecked = true;
    await chain.copy((sealedAt) => stored.keepOfSeal(sealedAt), this.#stop.signal);
    await this.#renew();
    for (const recordingId of here) {
      if ((this.#resting.get(recordingId) ?? 0) > Date.now()) continue;
      if (await this.#move(recordingId)) this.waiting -= 1;
    }
  }

  /** False when it stays here. Errors: those for which no other could be moved either. */
  async #move(recordingId: string): Promise<boolean> {
    const { files, stored, store } = this.#options;
    const { signal } = this.#stop;
    try {
      const keep = await files.upload(recordingId, () => stored.begin(recordingId), signal);
      // Deleted, before or meanwhile: whoever did that removes it everywhere.
      if (keep === null || !(await stored.done(recordingId))) return true;
      await files.drop(recordingId);
      this.#resting.delete(recordingId);
      this.#logger.info({ recordingId, store: store.label }, 'move() | is in the store');
      return true;
    } catch (error) {
      if (signal.aborted || isUnavailable(error)) throw error;
      if (error instanceof Error && error.name === 'AbortError') return true;
      this.failures += 1;
      this.#resting.set(recordingId, Date.now() + this.#times.rest);
      this.#logger.error({ err: error, recordingId }, 'move() | it stays on local disk');
      return false;
    }
  }

  async #renew(): Promise<void> {
    if (Date.now() < this.#renewAt) return;
    const { stored } = this.#options;
    this.#renewAt = Date.now() + this.#times.rest;
    try {
      for (const { recordingId, keep } of await stored.outdated()) {
        this.#stop.signal.throwIfAborted();
        await this.#keep(recordingId, keep);
      }
    } catch (error) {
      this.#renewAt = 0;
      throw error;
    }
  }

  async #keep(recordingId: string, keep: Keep): Promise<void> {
    const { files, stored } = this.#options;
    try {
      await files.keep(recordingId, keep);
      await stored.kept(recordingId, keep);
    } catch (error) {
      if (isUnavailable(error)) throw error;
      this.failures += 1;
      this.#logger.error({ err: error, recordingId }, 'keep() | not kept as it should be');
    }
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof AppError && error.code === 'unavailable';
}
