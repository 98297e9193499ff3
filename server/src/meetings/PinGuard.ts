import { AppError } from '@switchroom/protocol';
import type { Logger } from 'pino';
import { FailureLimiter } from '../identity/FailureLimiter.ts';
import type { Meeting } from './MeetingStore.ts';

/** Who tries a PIN. None of it goes to a log. */
export interface PinTry {
  /** Whatever the gateway knows of the caller; it may be made up. */
  caller: string;
  /** The number that was dialled, however a trunk wrote it. */
  did: string;
  trunkId?: string | undefined;
}

/** Wrong PINs in ten minutes, and calls into one meeting in a minute. */
export interface PinLimits {
  caller: number;
  did: number;
  trunk: number;
  meeting: number;
}

const LIMITS: PinLimits = { caller: 20, did: 100, trunk: 200, meeting: 1000 };
const FAILURES_S = 600;
const ENTRIES_S = 60;
const TOO_MANY_WRONG = 'Too many wrong PINs; wait ten minutes.';

/**
 * Slows down whoever guesses PINs: by caller, and, since a caller's number can be made up, also by the
 * number that was dialled and by trunk. A PIN that got about does not flood its meeting either.
 */
export class PinGuard {
  readonly #failures: Record<'caller' | 'did' | 'trunk', FailureLimiter>;
  readonly #entries: FailureLimiter;
  readonly #logger: Logger;

  constructor(options: { logger: Logger; limits?: Partial<PinLimits> }) {
    const limits = { ...LIMITS, ...options.limits };
    const failuresOf = (failures: number): FailureLimiter =>
      new FailureLimiter({ failures, seconds: FAILURES_S, message: TOO_MANY_WRONG });
    this.#failures = {
      caller: failuresOf(limits.caller),
      did: failuresOf(limits.did),
      trunk: failuresOf(limits.trunk),
    };
    this.#entries = new FailureLimiter({
      failures: limits.meeting,
      seconds: ENTRIES_S,
      message: 'Too many calls into this meeting; wait a minute.',
    });
    this.#logger = options.logger.child({ file: 'PinGuard' });
  }

  /**
   * The meeting that `find` gives for a PIN, unless there were too many tries.
   * Errors: `pin-wrong`, `rate-limited`.
   */
  async check(by: PinTry, find: () => Promise<Meeting | undefined>): Promise<Meeting> {
    const counted = this.#counted(by);
    const mayTry = async (): Promise<void> => {
      for (const [what, key] of counted) await this.#failures[what].check(key);
    };
    await mayTry();
    const meeting = await find();
    if (!meeting) {
      // A right PIN does not wipe the slate: one's own meeting must not pay for guesses.
      let isOver = false;
      for (const [what, key] of counted) isOver = (await this.#failed(what, key)) || isOver;
      // Of many guesses at once, the right one must not be told from these.
      if (isOver) throw new AppError('rate-limited', TOO_MANY_WRONG);
      throw new AppError('pin-wrong', 'There is no meeting with this PIN.');
    }
    // Again: of many guesses at once, those count that were wrong before this one was right.
    await mayTry();
    await this.#entries.check(meeting.id);
    await this.#entries.failed(meeting.id);
    return meeting;
  }

  #counted({ caller, did, trunkId }: PinTry): ['caller' | 'did' | 'trunk', string][] {
    return [
      ['caller', caller],
      ['did', did.replace(/\D/g, '')],
      ...(trunkId === undefined ? [] : [['trunk', trunkId] as ['trunk', string]]),
    ];
  }

  /** True when this was one more than may be tried. */
  async #failed(what: 'caller' | 'did' | 'trunk', key: string): Promise<boolean> {
    const isLast = await this.#failures[what].failed(key);
    if (isLast)
      this.#logger.warn({ by: what }, 'failed() | too many wrong PINs, none taken for a while');
    return this.#failures[what].isOver(key);
  }
}
