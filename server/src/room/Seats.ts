import type { LeaveReason, ParticipantKind, Told } from '@switchroom/protocol';
import { sha256 } from '../identity/secrets.ts';
import type { Participant } from './Participant.ts';

/** So long one who lost the connection finds the seat free. */
export const SEAT_KEPT_MS = 300_000;

/** What a seat is known by here: its token stays with whoever sits there. */
export function seatKey(token: string): string {
  return sha256(token).toString('base64url');
}

/** A seat as it is written down. */
export interface SeatRecord {
  key: string;
  participantId: string;
  kind: ParticipantKind;
  told: Told[];
}

interface Seat {
  readonly participantId: string;
  readonly kind: ParticipantKind;
  /** What it was told of recordings. */
  readonly told: readonly Told[];
  /** On the clock that `now` gives; while somebody sits there, for ever. */
  until: number;
}

/**
 * Who has been let into a meeting, by the token that only they know: after a lost connection, theirs or the
 * room's, they come back past lobby and lock. Who left, or was put out, has no seat any more.
 */
export class Seats {
  readonly #now: () => number;
  /** By `seatKey`. */
  readonly #seats = new Map<string, Seat>();

  /** `now` is in ms, from any monotonic clock. `records`: seats of before a start, whose owners have lost the connection. */
  constructor(now: () => number, records: readonly SeatRecord[] = []) {
    this.#now = now;
    const until = now() + SEAT_KEPT_MS;
    for (const { key, participantId, kind, told } of records) {
      this.#seats.set(key, { participantId, kind, told, until });
    }
  }

  get size(): number {
    for (const [token, { until }] of this.#seats) {
      if (until < this.#now()) this.#seats.delete(token);
    }
    return this.#seats.size;
  }

  records(): SeatRecord[] {
    return this.size === 0
      ? []
      : [...this.#seats].map(([key, { participantId, kind, told }]) => {
          return { key, participantId, kind, told: [...told] };
        });
  }

  take({ id: participantId, kind, seat, told }: Participant): void {
    this.#seats.set(seatKey(seat), { participantId, kind, told, until: Infinity });
  }

  leave({ seat }: Participant, reason: LeaveReason): void {
    const key = seatKey(seat);
    const found = this.#seats.get(key);
    if (!found) return;
    const isPassing = reason === 'connection-lost' || reason === 'media-failed';
    if (isPassing) found.until = this.#now() + SEAT_KEPT_MS;
    else this.#seats.delete(key);
  }

  /** Whose seat this is, who may be there still; `undefined` for one that is nobody's. */
  holder(key: string | undefined): string | undefined {
    return this.#valid(key)?.participantId;
  }

  /** What whoever sits, or sat, there was told of recordings. */
  toldTo(key: string | undefined): readonly Told[] {
    return this.#valid(key)?.told ?? [];
  }

  /** The key of a phone's seat that is, or was, in; browsers have their token. */
  ofPhone(participantId: string): string | undefined {
    const isIt = (seat: Seat): boolean =>
      seat.kind === 'phone' && seat.participantId === participantId;
    return [...this.#seats].find(([, seat]) => isIt(seat))?.[0];
  }

  /** Whether a participant has a seat, there or not. */
  isKept(participantId: string): boolean {
    return (
      this.size > 0 &&
      [...this.#seats.values()].some((seat) => seat.participantId === participantId)
    );
  }

  /** Somebody has come back. */
  giveUp(key: string): void {
    this.#seats.delete(key);
  }

  #valid(key: string | undefined): Seat | undefined {
    const found = key === undefined ? undefined : this.#seats.get(key);
    return found && found.until >= this.#now() ? found : undefined;
  }
}
