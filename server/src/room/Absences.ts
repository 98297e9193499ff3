import type { Logger } from 'pino';
import type { Audience } from './Audience.ts';
import type { Door, Entrant } from './Door.ts';
import type { Member } from './Member.ts';
import type { Participant } from './Participant.ts';
import type { Roster } from './Roster.ts';
import { SEAT_KEPT_MS } from './Seats.ts';
import type { Sounds } from './Sounds.ts';

export interface AbsencesOptions {
  roster: Roster;
  sounds: Sounds;
  audience: Audience;
  door: Pick<Door, 'holderOf'>;
  /** Takes out who is not back in time, or has nothing to stay for. */
  leave: (participantId: string) => void;
  logger: Logger;
}

/**
 * Participants of one room whose connection is lost, and who stay since their sound comes by another ("call me"): until
 * that goes as well, or for as long as a seat is kept. Who comes back meanwhile is the same participant. Owned by a Room.
 */
export class Absences {
  readonly #options: AbsencesOptions;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(options: AbsencesOptions) {
    this.#options = options;
  }

  has(participantId: string): boolean {
    return this.#timers.has(participantId);
  }

  /** The member's connection is lost: it stays, or leaves. Unknown ones are ignored. */
  begin(participantId: string): void {
    const { roster, sounds, audience, leave, logger } = this.#options;
    const member = roster.find(participantId);
    if (!member) return;
    if (!sounds.isElsewhere(member)) {
      leave(participantId);
      return;
    }
    audience.delete(member.origin);
    sounds.unlisten(member.origin);
    this.#timers.set(
      participantId,
      setTimeout(() => leave(participantId), SEAT_KEPT_MS),
    );
    logger.info({ participantId }, 'begin() | stays by another connection');
  }

  /**
   * Whom one who comes finds still in: by the seat, also where we do not know of the loss yet; without one, as the
   * same browser.
   */
  stayed({ participant, returnsTo }: Entrant): Participant | undefined {
    const { roster, sounds, door } = this.#options;
    const { role, knownBy } = participant;
    const holder = door.holderOf(returnsTo);
    const isSame = ({ participant: one }: Member): boolean =>
      one.id === holder ||
      (this.has(one.id) && knownBy.length > 0 && one.knownBy.join() === knownBy.join());
    const found = roster.all().find((member) => isSame(member));
    // Nobody gets other rights by coming back.
    const isTakenOver = found?.participant.role === role && sounds.isElsewhere(found);
    return isTakenOver ? found.participant : undefined;
  }

  /** One who stayed comes by this connection from now on; the former is told that it is out. Errors: `not-found`. */
  end(member: Member): void {
    const { roster, sounds, audience, logger } = this.#options;
    const { id } = member.participant;
    const former = roster.get(id);
    this.forget(id);
    roster.add(member);
    sounds.replace(member);
    const told = audience.all().filter((listener) => listener === former.origin);
    audience.tellEach(told, (listener) => listener.participantLeft(id, 'connection-lost'));
    former.removed('connection-lost');
    logger.info({ participantId: id }, 'end() | back');
  }

  /** They have left. Unknown ones are ignored. */
  forget(participantId: string): void {
    clearTimeout(this.#timers.get(participantId));
    this.#timers.delete(participantId);
  }

  /** The room is gone. */
  close(): void {
    for (const participantId of [...this.#timers.keys()]) this.forget(participantId);
  }
}
