import { AppError, type EntrySignal, type NumberPrivacy } from '@switchroom/protocol';
import type { Member } from './Member.ts';

/** What a room takes from its meeting; the owner may change it meanwhile. */
export interface RoomSettings {
  lobby: boolean;
  waitForHost: boolean;
  entry: EntrySignal;
  numberPrivacy: NumberPrivacy;
}

/** As much of a member as it takes to judge it. */
export type Entrant = Pick<Member, 'invited'> & {
  participant: Pick<Member['participant'], 'role'>;
};

/** Who may come in, and who waits in the lobby. */
export class Door {
  settings: RoomSettings = {
    lobby: false,
    waitForHost: false,
    entry: 'tones',
    numberPrivacy: 'last-four',
  };
  locked = false;
  #hostCame = false;

  /** Whether whoever is no host waits. */
  get holdsGuests(): boolean {
    const { lobby, waitForHost } = this.settings;
    return lobby || (waitForHost && !this.#hostCame);
  }

  /** Errors: `meeting-locked`. */
  check(entrant: Entrant): void {
    if (!this.locked || isExpected(entrant)) return;
    throw new AppError('meeting-locked', 'This meeting is locked; a host can unlock it.');
  }

  holdsBack(entrant: Entrant): boolean {
    return this.holdsGuests && !isExpected(entrant);
  }

  /** True when guests need not wait any more, because a host is in; not even when the host leaves. */
  entered({ participant }: Entrant): boolean {
    const heldGuests = this.holdsGuests;
    if (participant.role === 'host') this.#hostCame = true;
    return heldGuests && !this.holdsGuests;
  }
}

function isExpected({ participant, invited }: Entrant): boolean {
  return participant.role === 'host' || invited === true;
}
