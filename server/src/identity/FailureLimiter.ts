import { AppError } from '@switchroom/protocol';
import { RateLimiterMemory } from 'rate-limiter-flexible';

/** Counts failures only, so that whoever is right is never slowed down by being right often. */
export class FailureLimiter {
  readonly #limiter: RateLimiterMemory;
  readonly #failures: number;
  readonly #message: string;

  /** So many failures of one key in so many seconds; then no more tries until they are over. */
  constructor(options: { failures: number; seconds: number; message: string }) {
    this.#limiter = new RateLimiterMemory({ points: options.failures, duration: options.seconds });
    this.#failures = options.failures;
    this.#message = options.message;
  }

  /** Errors: `rate-limited`, with when it is worth trying again. */
  async check(key: string): Promise<void> {
    const state = await this.#limiter.get(key);
    if (state === null || state.consumedPoints < this.#failures) return;
    throw new AppError('rate-limited', this.#message, { retryAfterMs: state.msBeforeNext });
  }

  /** Whether there are no more tries. */
  async isUsedUp(key: string): Promise<boolean> {
    const state = await this.#limiter.get(key);
    return state !== null && state.consumedPoints >= this.#failures;
  }

  /** True when this was the last try. */
  async failed(key: string): Promise<boolean> {
    const { consumedPoints } = await this.#limiter.penalty(key);
    return consumedPoints === this.#failures;
  }

  /** Whether more tries failed than there may be, because they came at once. */
  async isOver(key: string): Promise<boolean> {
    const state = await this.#limiter.get(key);
    return state !== null && state.consumedPoints > this.#failures;
  }

  async succeeded(key: string): Promise<void> {
    await this.#limiter.delete(key);
  }
}
