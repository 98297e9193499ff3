import { AppError } from '@switchroom/protocol';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** From one turn to the next. */
const TURN_MS = 20_000;
/** Who waits asks again at any time within this after the next turn has come: which of them is first is left to chance. */
const SPREAD_MS = 3_000;

/** A PIN each so often, of whoever asks first: the others are told when to ask again. */
export class PinTurns {
  readonly #limiter = new RateLimiterMemory({ points: 1, duration: TURN_MS / 1000 });
  readonly #random: () => number;

  /** `random`: from 0 to 1. */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Errors: `pin-later`. */
  async take(key: string): Promise<void> {
    try {
      await this.#limiter.consume(key);
    } catch (state) {
      if (!(state instanceof RateLimiterRes)) throw state;
      const retryAfterMs = Math.ceil(state.msBeforeNext + this.#random() * SPREAD_MS);
      throw new AppError('pin-later', 'Many wrong PINs were keyed; this one has to wait.', {
        retryAfterMs,
      });
    }
  }
}
