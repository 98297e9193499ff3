import { AppError } from '@switchroom/protocol';
import type { Logger } from 'pino';
import { FailureLimiter } from '../identity/FailureLimiter.ts';
import type { Meeting } from './MeetingStore.ts';
import { PinTurns } from './PinTurns.ts';
import { Regulars } from './Regulars.ts';

/** Who tries a PIN. None of it goes to a log. */
export interface PinTry {
  /** Whatever the gateway knows of the caller; it may be made up. */
  caller: string;
  /** Nothing is known of the caller but where the call came from: so it is of others, too. */
  anonymous?: boolean | undefined;
  /** The number that was dialled, however a trunk wrote it. */
  did: string;
  trunkId?: string | undefined;
}

/** Wrong PINs in ten minutes, and calls into one meeting in a minute. */
export interface PinLimits {
  caller: number;
  /** All callers together of whom one trunk and address tells nothing. After these they have a turn each so often. */
  anonymous: number;
  /** More than anonymous callers by one address can use up, turns included: they do not shut out those with a number. */
  did: number;
  trunk: number;
  /** Of one who was in the meeting before, while the number or the trunk takes no PIN from others. */
  regular: number;
  meeting: number;
}

const LIMITS: PinLimits = {
  caller: 20,
  // With a turn in 20 s: 90 in any ten minutes, 60 on average.
  anonymous: 30,
  did: 100,
  trunk: 200,
  // A call's worth: who mistypes gets in, and who makes up others' numbers gains next to nothing.
  regular: 3,
  meeting: 1000,
};
const FAILURES_S = 600;
const ENTRIES_S = 60;
const TOO_MANY_WRONG = 'Too many wrong PINs; wait ten minutes.';

type Counted = 'caller' | 'anonymous' | 'did' | 'trunk' | 'regular';
/** How one may try: a regular into meetings of theirs alone. */
type Way = 'open' | 'by turn' | 'as regular';
type Count = readonly [what: Counted, key: string];

/**
 * Slows down whoever guesses PINs: by caller, and, since a caller's number can be made up, also by the
 * number that was dialled and by trunk. These two are for all, so that one guesser would shut everybody
 * out: who keyed the right PIN of a meeting before still gets into that one, and learns of no other. Callers of whom
 * nothing is known cannot be told from one who guesses, either: they are looked up by turns then, and not shut out.
 * A PIN that got about does not flood its meeting.
 */
export class PinGuard {
  readonly #failures: Record<Counted, FailureLimiter>;
  readonly #entries: FailureLimiter;
  readonly #regulars = new Regulars();
  readonly #turns: PinTurns;
  readonly #logger: Logger;

  constructor(options: { logger: Logger; limits?: Partial<PinLimits>; turns?: PinTurns }) {
    this.#turns = options.turns ?? new PinTurns();
    const limits = { ...LIMITS, ...options.limits };
    const failuresOf = (failures: number): FailureLimiter =>
      new FailureLimiter({ failures, seconds: FAILURES_S, message: TOO_MANY_WRONG });
    this.#failures = {
      caller: failuresOf(limits.caller),
      anonymous: failuresOf(limits.anonymous),
      did: failuresOf(limits.did),
      trunk: failuresOf(limits.trunk),
      regular: failuresOf(limits.regular),
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
   * Errors: `pin-wrong`, `rate-limited`; `pin-later`, by which nothing was tried.
   */
  async check(by: PinTry, find: () => Promise<Meeting | undefined>): Promise<Meeting> {
    const way = await this.#wayIn(by);
    if (way === 'by turn') await this.#turns.take(keyOf(by));
    const meeting = await find();
    const isKnown = meeting !== undefined && this.#regulars.has(keyOf(by), meeting.id);
    if (!meeting || (way === 'as regular' && !isKnown)) {
      // A right PIN does not wipe the slate: one's own meeting must not pay for guesses.
      const isOver = await this.#failed(by, way);
      // Of many guesses at once, the right one must not be told from these.
      if (isOver || way === 'as regular') throw new AppError('rate-limited', TOO_MANY_WRONG);
      throw new AppError('pin-wrong', 'There is no meeting with this PIN.');
    }
    // Again: of many guesses at once, those count that were wrong before this one was right.
    const wayNow = await this.#wayIn(by);
    const isStillOpen = wayNow === 'open' || wayNow === way;
    if (!(isStillOpen || isKnown)) throw new AppError('rate-limited', TOO_MANY_WRONG);
    await this.#entries.check(meeting.id);
    await this.#entries.failed(meeting.id);
    if (by.anonymous !== true) this.#regulars.add(keyOf(by), meeting.id);
    return meeting;
  }

  /** Errors: `rate-limited`. */
  async #wayIn(by: PinTry): Promise<Way> {
    if (by.anonymous === true) {
      await this.#checkAll(sharedCounts(by));
      return (await this.#failures.anonymous.isUsedUp(keyOf(by))) ? 'by turn' : 'open';
    }
    await this.#checkAll(ownCounts(by));
    try {
      await this.#checkAll(sharedCounts(by));
      return 'open';
    } catch (error) {
      if (!this.#regulars.has(keyOf(by))) throw error;
      await this.#checkAll([['regular', keyOf(by)]]);
      return 'as regular';
    }
  }

  async #checkAll(counts: readonly Count[]): Promise<void> {
    for (const [what, key] of counts) await this.#failures[what].check(key);
  }

  /** True when this was one more than may be tried. All is counted at once, before another try is looked at. */
  async #failed(by: PinTry, way: Way): Promise<boolean> {
    // A turn is bound by the time that it takes, and not counted besides.
    const counts = [...(way === 'by turn' ? [] : ownCounts(by)), ...sharedCounts(by)];
    const regular: Count = ['regular', keyOf(by)];
    const lasts = [...counts, regular].map(([what, key]) => this.#failures[what].failed(key));
    for (const [i, [what]] of counts.entries()) {
      if (await lasts[i])
        this.#logger.warn({ by: what }, 'failed() | too many wrong PINs, none taken for a while');
    }
    await Promise.all(lasts);
    const overs = counts.map(([what, key]) => this.#failures[what].isOver(key));
    return (await Promise.all(overs)).includes(true);
  }
}

/** The same caller over another trunk is another one: networks differ in whose numbers they let through. */
function keyOf({ caller, trunkId = '' }: PinTry): string {
  return `${trunkId} ${caller}`;
}

function ownCounts(by: PinTry): Count[] {
  return by.anonymous === true ? [['anonymous', keyOf(by)]] : [['caller', by.caller]];
}

function sharedCounts({ did, trunkId }: PinTry): Count[] {
  const number: Count = ['did', did.replace(/\D/g, '')];
  return trunkId === undefined ? [number] : [number, ['trunk', trunkId]];
}
