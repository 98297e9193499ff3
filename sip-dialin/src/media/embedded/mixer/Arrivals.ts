import { timestampDiff } from '../rtp/timestamp32.ts';
import { FRAME_MS } from './FrameClock.ts';
import { Punctuality } from './Punctuality.ts';

/** So much may be played before the packet of a leader; it goes a pitch period at a time. */
const MAX_REST_MS = 10;
/** Another stream begins this far from the one before, so that it is not taken for the same. */
const APART_MS = 1e6;

/** What waits to be played, as `Playout` has it. */
interface Waiting {
  readonly isReady: boolean;
  readonly heldMs: number;
  readonly queuedMs: number;
}

/** How the packets of one sender come: where they lie in its stream, and how punctual they are. */
export class Arrivals {
  readonly punctuality = new Punctuality();
  readonly #latest = { ssrc: -1, timestamp: 0, ms: 0 };
  #mediaMs = 0;
  #isAfresh = false;
  #arrivedAt = 0;

  /** Where the latest packet lies, ms. */
  get mediaMs(): number {
    return this.#mediaMs;
  }

  /** When the latest packet came, as far as we can know: we may have been late to read it. */
  get arrivedAt(): number {
    return this.#arrivedAt;
  }

  /** Whether nobody hears it when what is held before the latest packet is left out. */
  get isAfresh(): boolean {
    return this.#isAfresh;
  }

  /**
   * Takes a packet of `ms`, before it is held. `quietMs`: for how long there has been nothing to hear
   * before it; `waiting`: what was held then; `unreadSince`: when what is read now can have come at
   * the earliest.
   */
  push(
    { ssrc, timestamp }: { ssrc: number; timestamp: number },
    options: { ms: number; clockRate: number; quietMs: number; waiting: Waiting | undefined },
    now: number,
    unreadSince: number,
  ): void {
    const latest = this.#latest;
    const units = latest.ssrc === ssrc ? timestampDiff(timestamp, latest.timestamp) : 0;
    this.#mediaMs += latest.ssrc === ssrc ? (units * 1000) / options.clockRate : APART_MS;
    latest.ssrc = ssrc;
    latest.timestamp = timestamp;
    latest.ms = options.ms;
    this.#isAfresh = options.quietMs >= (options.waiting?.heldMs ?? 0);
    this.#arrivedAt = this.punctuality.update(now, this.#mediaMs, unreadSince);
  }

  /** Whether the latest packet, which is among what waits, can be played next. */
  canLead({ isReady, heldMs, queuedMs }: Waiting): boolean {
    if (this.#latest.ms !== FRAME_MS) return false;
    // Little else is left to be played: it may stay.
    return this.#isAfresh || (isReady && heldMs - queuedMs <= FRAME_MS && queuedMs <= MAX_REST_MS);
  }
}
