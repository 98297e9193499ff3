import type { LeaveReason, ParticipantKind, Told } from '@switchroom/protocol';
import type { Participant } from './Participant.ts';

/** So long one who lost the connection finds the seat free. */
export const SEAT_KEPT_MS = 300_000;

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
  readonly #seats = new Map<string, Seat>();

  /** `now` is in ms, from any monotonic clock. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    for (const [token, { until }] of this.#seats) {
      if (until < this.#now()) this.#seats.delete(token);
    }
    return this.#seats.size;
  }

  take({ id: participantId, kind, seat, told }: Participant): void {
    this.#seats.set(seat, { participantId, kind, told, until: Infinity });
  }

  leave({ seat }: Participant, reason: LeaveReason): void {
    const found = this.#seats.get(seat);
    if (!found) return;
    const isPassing = reason === 'connection-lost' || reason === 'media-failed';
    if (isPassing) found.until = this.#now() + SEAT_KEPT_MS;
    else this.#seats.delete(seat);
  }

  /** Whose seat this is, who may be there still; `undefined` for one that is nobody's. */
  holder(seat: string | undefined): string | undefined {
    return this.#valid(seat)?.participantId;
  }

  /** What whoever sits, or sat, there was told of recordings. */
  toldTo(seat: string | undefined): readonly Told[] {
    return this.#valid(seat)?.told ?? [];
  }

  /** Of a phone that is, or was, in; browsers have their token. */
  ofPhone(participantId: string): string | undefined {
    const isIt = (seat: Seat): boolean =>
      seat.kind === 'phone' && seat.participantId === participantId;
    return [...this.#seats].find(([, seat]) => isIt(seat))?.[0];
  }

  /** Somebody has come back. */
  giveUp(seat: string): void {
    this.#seats.delete(seat);
  }

  #valid(seat: string | undefined): Seat | undefined {
    const found = seat === undefined ? undefined : this.#seats.get(seat);
    return found && found.until >= this.#now() ? found : undefined;
  }
}
