import type { Logger } from 'pino';
import type { Deletions } from './Deletions.ts';

/** How often is looked for what has expired, ms. */
const SWEEP_MS = 3_600_000;

/** Sweeps now, and every hour until it is closed. */
export class RetentionSweeper {
  readonly #deletions: Pick<Deletions, 'sweep'>;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void>;

  constructor(deletions: Pick<Deletions, 'sweep'>, logger: Logger, everyMs = SWEEP_MS) {
    this.#deletions = deletions;
    this.#logger = logger.child({ file: 'RetentionSweeper' });
    this.#running = this.#sweep();
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.#sweep());
    }, everyMs);
    this.#timer.unref();
  }

  /** Resolves when the sweep that is under way is over. Twice is silent. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async #sweep(): Promise<void> {
    try {
      const expired = await this.#deletions.sweep();
      if (expired > 0) this.#logger.info({ expired }, 'sweep() | recordings expired');
    } catch (error) {
      this.#logger.error({ err: error }, 'sweep() | failed');
    }
  }
}
