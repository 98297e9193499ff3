import { AppError } from '@switchroom/protocol';
import type { Logger } from 'pino';
import { FailureLimiter } from '../identity/FailureLimiter.ts';
import type { Meeting } from './MeetingStore.ts';
import { PinTurns, type Turn } from './PinTurns.ts';
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
  /** After these, too. More than anonymous callers by one address use up: they make none wait who has a number. */
  did: number;
  trunk: number;
  /** Of one who was in the meeting before, while others have to wait for a turn. */
  regular: number;
  meeting: number;
}

const LIMITS: PinLimits = {
  caller: 20,
  // With a turn in 20 s: 60 in ten minutes on average.
  anonymous: 30,
  // With a turn in 20 s: 100. Two windows of those without a number may lie in one of these.
  did: 70,
  // With a turn in 10 s: 200.
  trunk: 140,
  // A call's worth: who mistypes gets in, and who makes up others' numbers gains next to nothing.
  regular: 3,
  meeting: 1000,
};
const TURN_MS = { anonymous: 20_000, did: 20_000, trunk: 10_000 } as const;
const FAILURES_S = 600;
const ENTRIES_S = 60;
const TOO_MANY_WRONG = 'Too many wrong PINs; wait ten minutes.';

type Counted = 'caller' | 'anonymous' | 'did' | 'trunk' | 'regular';
/** How one may try: a regular into meetings of theirs at once. */
type Way = 'open' | 'by turn' | 'as regular';
type Count = readonly [what: Counted, key: string];
type SharedCount = readonly [what: keyof typeof TURN_MS, key: string];

/**
 * Slows down whoever guesses PINs: by caller, and, since a caller's number can be made up, also by the
 * number that was dialled and by trunk. These two are of all, who cannot be told from one who guesses, as cannot
 * callers of whom nothing is known: over the limit they are looked up by turns, and not shut out. Who keyed the right
 * PIN of a meeting before gets into that one at once, and learns of no other.
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
   * Errors: `pin-wrong`, `rate-limited`; `pin-later`, which tells nothing of the PIN.
   */
  async check(by: PinTry, find: () => Promise<Meeting | undefined>): Promise<Meeting> {
    let way = await this.#wayIn(by);
    if (way === 'by turn') this.#turns.take(turnsOf(by));
    const meeting = await find();
    if (way === 'as regular' && !(await this.#isRegularOf(by, meeting))) {
      // One by turn now, right or not: none of many guesses at once is to be told from the others.
      this.#turns.take(turnsOf(by));
      way = 'by turn';
    }
    if (!meeting) {
      // A right PIN does not wipe the slate: one's own meeting must not pay for guesses.
      // Of many guesses at once, the right one must not be told from these.
      if (await this.#failed(by, way)) throw new AppError('rate-limited', TOO_MANY_WRONG);
      throw new AppError('pin-wrong', 'There is no meeting with this PIN.');
    }
    // Again: of many guesses at once, those count that were wrong before this one was right.
    if (way === 'open' && !(await this.#isStillIn(by, meeting))) {
      throw new AppError('rate-limited', TOO_MANY_WRONG);
    }
    await this.#entries.check(meeting.id);
    await this.#entries.failed(meeting.id);
    if (by.anonymous !== true) this.#regulars.add(keyOf(by), meeting.id);
    return meeting;
  }

  /** Errors: `rate-limited`. */
  async #wayIn(by: PinTry): Promise<Way> {
    if (by.anonymous !== true) await this.#failures.caller.check(by.caller);
    const used = sharedCounts(by).map(([what, key]) => this.#failures[what].isUsedUp(key));
    if (!(await Promise.all(used)).includes(true)) return 'open';
    const isRegular = by.anonymous !== true && this.#regulars.has(keyOf(by));
    if (!isRegular || (await this.#failures.regular.isUsedUp(keyOf(by)))) return 'by turn';
    return 'as regular';
  }

  /** Whether they may go into this meeting at once; if it is none of theirs, that is counted. */
  async #isRegularOf(by: PinTry, meeting: Meeting | undefined): Promise<boolean> {
    const key = keyOf(by);
    if (meeting && this.#regulars.has(key, meeting.id)) {
      return !(await this.#failures.regular.isUsedUp(key));
    }
    await this.#failures.regular.failed(key);
    return false;
  }

  async #isStillIn(by: PinTry, meeting: Meeting): Promise<boolean> {
    const way = await this.#wayIn(by);
    if (way === 'as regular') return this.#regulars.has(keyOf(by), meeting.id);
    return way === 'open';
  }

  /** True when this was one more than may be tried. All is counted at once, before another try is looked at. */
  async #failed(by: PinTry, way: Way): Promise<boolean> {
    const own: Count[] = by.anonymous === true ? [] : [['caller', by.caller]];
    // A turn is bound by the time that it takes, and not counted besides.
    const shared = way === 'by turn' ? [] : sharedCounts(by);
    const regular: Count[] = way === 'by turn' ? [] : [['regular', keyOf(by)]];
    const counts: Count[] = [...own, ...shared];
    const lasts = [...counts, ...regular].map(([what, key]) => this.#failures[what].failed(key));
    for (const [i, [what]] of counts.entries()) {
      if (await lasts[i])
        this.#logger.warn(
          { by: what },
          'failed() | too many wrong PINs, few or none taken for a while',
        );
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

/** What others use up as well. */
function sharedCounts(by: PinTry): SharedCount[] {
  const counts: SharedCount[] = [['did', by.did.replace(/\D/g, '')]];
  if (by.trunkId !== undefined) counts.push(['trunk', by.trunkId]);
  if (by.anonymous === true) counts.push(['anonymous', keyOf(by)]);
  return counts;
}

/** A guess by turn is bound by all of these, whichever count is over. */
function turnsOf(by: PinTry): Turn[] {
  return sharedCounts(by).map(([what, key]) => ({ key: `${what} ${key}`, everyMs: TURN_MS[what] }));
}
