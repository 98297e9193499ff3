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

  /** Whom a host called waits for the host, too, but never to be let in. */
  holdsBack(entrant: Entrant): boolean {
    const { lobby, waitForHost } = this.settings;
    if (entrant.participant.role === 'host') return false;
    return (waitForHost && !this.#hostCame) || (lobby && entrant.invited !== true);
  }

  /** True when fewer wait from now on, because the first host is in; not even when the host leaves. */
  entered({ participant }: Entrant): boolean {
    if (participant.role !== 'host' || this.#hostCame) return false;
    this.#hostCame = true;
    return true;
  }
}

function isExpected({ participant, invited }: Entrant): boolean {
  return participant.role === 'host' || invited === true;
}
