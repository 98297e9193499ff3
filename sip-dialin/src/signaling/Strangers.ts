import type { Logger } from 'pino';

/** At most one line in so long, in ms: a flood must not become a flood of lines. */
const QUIET_MS = 10_000;

/** Calls of people whom no trunk knows, as the log tells of them. */
export class Strangers {
  readonly #logger: Logger;
  readonly #message: string;
  #toldAt = -Infinity;
  #untold = 0;

  /** `message` says what is refused. */
  constructor(logger: Logger, message: string) {
    this.#logger = logger;
    this.#message = message;
  }

  /** One more was refused. `now` is in ms, from a monotonic clock. */
  refused(source: string, now: number): void {
    this.#untold += 1;
    if (now - this.#toldAt < QUIET_MS) return;
    this.#logger.warn({ source, calls: this.#untold }, this.#message);
    this.#toldAt = now;
    this.#untold = 0;
  }
}
