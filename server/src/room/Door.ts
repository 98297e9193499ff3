import {
  AppError,
  type ConsentPolicy,
  type EntrySignal,
  type LeaveReason,
  type NumberPrivacy,
  type Told,
} from '@switchroom/protocol';
import type { Member } from './Member.ts';
import type { Participant } from './Participant.ts';
import { Seats } from './Seats.ts';

/** Each has transports of its own, and nobody has let them in: not as many as a link that got about may bring. */
export const LOBBY_LIMIT = 1000;

/** What a room takes from its meeting; the owner may change it meanwhile. */
export interface RoomSettings {
  lobby: boolean;
  waitForHost: boolean;
  entry: EntrySignal;
  consent: ConsentPolicy;
  numberPrivacy: NumberPrivacy;
}

/** As much of a member as it takes to judge it. */
export type Entrant = Pick<Member, 'invited' | 'returnsTo'> & {
  participant: Pick<Member['participant'], 'role'>;
};

/** Who may come in, and who waits in the lobby. */
export class Door {
  settings: Readonly<RoomSettings> = {
    lobby: false,
    waitForHost: false,
    entry: 'tones',
    consent: 'notice',
    numberPrivacy: 'last-four',
  };
  locked = false;
  readonly #seats: Seats;
  #hostCame = false;

  constructor(seats = new Seats(() => performance.now())) {
    this.#seats = seats;
  }

  /** Whether whoever is no host waits. */
  get holdsGuests(): boolean {
    const { lobby, waitForHost } = this.settings;
    return lobby || (waitForHost && !this.#hostCame);
  }

  /** Whether one like this would wait in the lobby now, with so many in it. Errors: `meeting-locked`, `rate-limited`. */
  check(entrant: Entrant, waiting = 0): boolean {
    if (this.locked && !isExpected(entrant) && !this.#comesBack(entrant)) {
      throw new AppError('meeting-locked', 'This meeting is locked; a host can unlock it.');
    }
    const waits = this.holdsBack(entrant);
    if (waits && waiting >= LOBBY_LIMIT) {
      throw new AppError('rate-limited', 'Too many wait in the lobby; try again later.');
    }
    return waits;
  }

  /** Whom a host called waits for the host, too, but never to be let in. */
  holdsBack(entrant: Entrant): boolean {
    const { lobby, waitForHost } = this.settings;
    if (entrant.participant.role === 'host' || this.#comesBack(entrant)) return false;
    return (waitForHost && !this.#hostCame) || (lobby && entrant.invited !== true);
  }

  /** True when fewer wait from now on, because the first host is in; not even when the host leaves. */
  entered({ participant }: Member): boolean {
    this.#seats.take(participant);
    if (participant.role !== 'host' || this.#hostCame) return false;
    this.#hostCame = true;
    return true;
  }

  left(participant: Participant, reason: LeaveReason): void {
    this.#seats.leave(participant, reason);
  }

  /** Whose seat this one, who is in, came back to: the seat is given up. */
  takesPlaceOf({ returnsTo }: Member): string | undefined {
    const holder = this.#seats.holder(returnsTo);
    if (returnsTo !== undefined) this.#seats.giveUp(returnsTo);
    return holder;
  }

  /** What this one was told of recordings when it was here before. */
  toldBefore({ returnsTo }: Member): readonly Told[] {
    return this.#seats.toldTo(returnsTo);
  }

  /** Of a phone that is, or was, in. */
  seatOfPhone(participantId: string): string | undefined {
    return this.#seats.ofPhone(participantId);
  }

  #comesBack({ returnsTo }: Entrant): boolean {
    return this.#seats.holder(returnsTo) !== undefined;
  }
}

function isExpected({ participant, invited }: Entrant): boolean {
  return participant.role === 'host' || invited === true;
}
