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
import { DoorMemory } from './DoorMemory.ts';
import { seatKey } from './Seats.ts';

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
  participant: Pick<Member['participant'], 'role' | 'knownBy'>;
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
  readonly #memory: DoorMemory;

  constructor(memory = new DoorMemory({ now: () => performance.now() })) {
    this.#memory = memory;
  }

  get locked(): boolean {
    return this.#memory.locked;
  }

  set locked(locked: boolean) {
    this.#memory.locked = locked;
  }

  /** Whether whoever is no host waits. */
  get holdsGuests(): boolean {
    const { lobby, waitForHost } = this.settings;
    return lobby || (waitForHost && !this.#memory.hostCame);
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

  /** What one who comes is to the room: whether they wait, and were put out before. Errors: as `check`. */
  receive(member: Member, waiting: number): void {
    const { participant } = member;
    participant.waiting = this.check(member, waiting);
    // Who comes back to a seat was not: the same browser may have several, and another of these was.
    participant.wasRemoved = !this.#comesBack(member) && this.#memory.wasPutOut(keysOf(member));
  }

  /**
   * Whom a host called waits for the host, too, but never to be let in. Whoever was put out waits until a host lets them
   * in, also where there is no lobby.
   */
  holdsBack(entrant: Entrant): boolean {
    const { lobby, waitForHost } = this.settings;
    if (entrant.participant.role === 'host' || this.#comesBack(entrant)) return false;
    if (waitForHost && !this.#memory.hostCame) return true;
    return entrant.invited !== true && (lobby || this.#memory.wasPutOut(keysOf(entrant)));
  }

  /** True when fewer wait from now on, because the first host is in; not even when the host leaves. */
  entered(member: Member): boolean {
    const { participant } = member;
    const isFirstHost = participant.role === 'host' && !this.#memory.hostCame;
    this.#memory.seats.take(participant);
    if (participant.wasRemoved) this.#memory.forgive(keysOf(member));
    participant.wasRemoved = false;
    if (isFirstHost) this.#memory.hostHasCome();
    this.#memory.changed();
    return isFirstHost;
  }

  left(participant: Participant, reason: LeaveReason): void {
    this.#memory.seats.leave(participant, reason);
    if (reason === 'removed') {
      this.#memory.putOut([seatKey(participant.seat), ...participant.knownBy]);
    }
    this.#memory.changed();
  }

  /** Whose seat this one, who is in, came back to: the seat is given up. */
  takesPlaceOf({ returnsTo }: Member): string | undefined {
    const holder = this.#memory.seats.holder(returnsTo);
    if (returnsTo !== undefined) this.#memory.seats.giveUp(returnsTo);
    return holder;
  }

  /** What one in a browser comes back to, by its token. */
  seatOf(token: string | undefined): string | undefined {
    return token === undefined ? undefined : seatKey(token);
  }

  /** Somebody was told of the recording, or agreed: they are not asked again by a server that starts anew. */
  told(): void {
    this.#memory.changed();
  }

  /** What this one was told of recordings when it was here before. */
  toldBefore({ returnsTo }: Member): readonly Told[] {
    return this.#memory.seats.toldTo(returnsTo);
  }

  /** Of a phone that is, or was, in. */
  seatOfPhone(participantId: string): string | undefined {
    return this.#memory.seats.ofPhone(participantId);
  }

  /** Whether this one has, or had, a seat, and may come back to it. */
  awaits(participantId: string): boolean {
    return this.#memory.seats.isKept(participantId);
  }

  /** Whose seat this is. */
  holderOf(returnsTo: string | undefined): string | undefined {
    return this.#memory.seats.holder(returnsTo);
  }

  #comesBack({ returnsTo }: Entrant): boolean {
    return this.holderOf(returnsTo) !== undefined;
  }
}

/** What one is known again by: the seat that it had, and number, browser or user. */
function keysOf({ returnsTo, participant }: Entrant): string[] {
  return returnsTo === undefined ? [...participant.knownBy] : [returnsTo, ...participant.knownBy];
}

function isExpected({ participant, invited }: Entrant): boolean {
  return participant.role === 'host' || invited === true;
}
