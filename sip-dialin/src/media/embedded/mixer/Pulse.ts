import { FRAME_MS, MAX_CATCH_UP } from './FrameClock.ts';
import type { Punctuality } from './Punctuality.ts';

/** Listeners are never this much ahead of time: 20 ms for the phase of a leader, and for a change. */
const MAX_AHEAD_MS = 3 * FRAME_MS;
/** What the phase alone of one leader takes. */
const SOON_AHEAD_MS = 2 * FRAME_MS;
/** A leader may come this much earlier or later than its first packet; beyond, its clock drifts. */
const LEEWAY_MS = FRAME_MS;
/** Beyond this it is no jitter but a burst, or no clock at all. */
const MAX_LED_AHEAD_MS = MAX_AHEAD_MS + 2 * LEEWAY_MS;
const MIN_GAP_MS = 5;
/** One packet gets lost now and then; from two in a row on the stream is buffered. */
const MAX_MISSED = 2;
/** A tick that is as late as this is so because we are. */
const OWN_LATENESS_MS = 5;

/** Somebody whose packets can be played as they come. */
export interface Leading {
  readonly isTalking: boolean;
  /** For how long it has been silent, though it may be talking. */
  readonly quietMs: number;
  readonly punctuality: Punctuality;
  /** Whether its latest packet can be played next, and nobody hears what is left out for it. */
  readonly canLead: boolean;
  /** Whether what is to be played next has come. */
  readonly isReady: boolean;
  /** Where its latest packet lies in its stream, ms. */
  readonly mediaMs: number;
  /** Its packets are played as they come from now on, beginning with the latest. */
  lead(): void;
  /** It would lead if less of it waited to be played: what waits is used up. */
  approach(): void;
  /** They are buffered again. */
  follow(): void;
}

/** Who has been silent for this long has probably ended: somebody else may take the lead. */
const PAUSE_MS = 60;

/**
 * Tells when a room ticks: as the packets of its leader come, or every 20 ms. Whoever begins to talk
 * while nobody else does leads, and so is not delayed at all. Everybody else is buffered against
 * these ticks. It has no clock and no timer; times are in ms of a monotonic clock.
 */
export class Pulse {
  /** `led`: ticks at a leader's packet; `missed`: when it did not come; `lost`: leaders, by that. */
  readonly stats = { ticks: 0, led: 0, missed: 0, lost: 0, leaders: 0 };
  #leader: Leading | undefined;
  #next: Leading | undefined;
  /** Listeners have sound up to this time. */
  #until: number;
  #nextAt: number;
  /** How much earlier than on time the ticks are, after a leader; as long as somebody talks. */
  #early = 0;
  /** Whether there was a leader up to now: the ticks keep its time. */
  #wasLed = false;
  /** Where the leader's next packet lies, ms of its stream. */
  #dueMs = 0;
  #missed = 0;

  /** `now`: when the first tick is due. */
  constructor(now: number) {
    this.#until = now;
    this.#nextAt = now;
  }

  get leader(): Leading | undefined {
    return this.#leader;
  }

  /** When the next tick is due, if no packet of the leader comes before. */
  get nextAt(): number {
    return this.#nextAt;
  }

  /** A packet of `who`, one of `all`, has come. True when the room ticks now. */
  arrived(who: Leading, all: Iterable<Leading>, now: number): boolean {
    if (who !== this.#leader) {
      if (!this.#elect(who, all, now)) return false;
    } else if (!who.isTalking) {
      this.#release();
      return false;
    } else if (!who.punctuality.isGood || this.#aheadMs(now) > MAX_LED_AHEAD_MS) {
      this.#lose();
      return false;
    }
    if (who.quietMs >= PAUSE_MS && this.#catchesUp(who, now)) return false;
    if (!who.isReady) return false;
    this.#missed = 0;
    this.#dueMs = who.mediaMs;
    this.stats.led += 1;
    return true;
  }

  /** Whether a tick is due by the clock. Each is to be followed by `ticked`. */
  isDue(now: number): boolean {
    if (now < this.#nextAt) return false;
    const leader = this.#leader;
    if (leader && !leader.isTalking) this.#release();
    else if (leader && !leader.isReady) {
      this.stats.missed += 1;
      // Where we are late ourselves, packets in a row are not.
      if (now - this.#nextAt < OWN_LATENESS_MS) this.#missed += 1;
      if (this.#missed >= MAX_MISSED) this.#lose();
    }
    return true;
  }

  /** The room has ticked. `quiet`: nobody said anything. */
  ticked(now: number, quiet: boolean): void {
    this.stats.ticks += 1;
    this.#until += FRAME_MS;
    const leader = this.#leader;
    if (!leader) {
      // What we stood still for as a leader ended is over: else the ticks would be as late from then on.
      const mostBehind = this.#wasLed ? LEEWAY_MS - FRAME_MS : (MAX_CATCH_UP - 2) * FRAME_MS;
      this.#until = Math.max(this.#until, now - mostBehind);
      if (this.#wasLed) this.#early = this.#until - FRAME_MS - now;
      if (quiet) this.#early = 0; // Nobody hears the pause.
      this.#nextAt = this.#until - this.#early;
      // Time that was lost to a leader's jitter is not made good all at once.
      if (this.#wasLed) this.#nextAt = Math.max(this.#nextAt, now + MIN_GAP_MS);
      this.#wasLed = false;
      return;
    }
    // A leader's clock is followed, not its jitter.
    this.#until = Math.min(this.#until, now + MAX_AHEAD_MS + LEEWAY_MS);
    this.#until = Math.max(this.#until, now + FRAME_MS - LEEWAY_MS);
    this.#early = this.#until - FRAME_MS - now;
    this.#dueMs += FRAME_MS;
    this.#nextAt = leader.isReady
      ? now + Math.max(0, this.#aheadMs(now) - MAX_LED_AHEAD_MS)
      : leader.punctuality.deadline(this.#dueMs);
  }

  /** Whether `who` leads from now on. */
  #elect(who: Leading, all: Iterable<Leading>, now: number): boolean {
    const isFit = who.isTalking && who.punctuality.isGood && isAlone(who, all);
    if (this.#next === who && !isFit) this.#next.follow();
    if (this.#next === who) this.#next = undefined;
    if (!isFit || this.#aheadMs(now) > MAX_AHEAD_MS) return false;
    if (!who.canLead) {
      if (this.#leader) return false;
      this.#next = who;
      who.approach();
      return false;
    }
    this.#leader?.follow();
    this.#leader = who;
    this.stats.leaders += 1;
    who.lead();
    return true;
  }

  /**
   * In a pause of the leader it is not heard when a frame is left out, so that listeners are not
   * further ahead with each leader.
   */
  #catchesUp(leader: Leading, now: number): boolean {
    leader.lead();
    if (this.#aheadMs(now) <= SOON_AHEAD_MS) return false;
    this.#dueMs = leader.mediaMs + FRAME_MS;
    this.#nextAt = leader.punctuality.deadline(this.#dueMs);
    return true;
  }

  /** How far listeners would be ahead of time after a tick now. */
  #aheadMs(now: number): number {
    return this.#until + FRAME_MS - now;
  }

  #lose(): void {
    this.stats.lost += 1;
    this.#release();
  }

  /** The next tick stays where it is, so that what comes a little late is still in time. */
  #release(): void {
    this.#leader?.follow();
    this.#leader = undefined;
    this.#wasLed = true;
  }
}

function isAlone(who: Leading, all: Iterable<Leading>): boolean {
  for (const other of all) {
    if (other !== who && other.isTalking && other.quietMs < PAUSE_MS) return false;
  }
  return true;
}
