import type { Role } from '@switchroom/protocol';
import type { PhoneCaller } from '../../meetings/phoneName.ts';
import type { Member, RoomListener } from '../../room/Member.ts';
import type { Participant } from '../../room/Participant.ts';

/** A phone of a gateway in a room. */
export interface LinkPhone {
  readonly participantId: string;
  readonly role: Role;
  readonly ssrc: number;
  /** In the lobby. */
  readonly waiting: boolean;
  /** It is no participant itself, but where one who came by another connection talks and listens. */
  readonly carriesAnother: boolean;
  /** Called once, when it is a phone of the room no more. */
  readonly onGone?: () => void;
}

export interface PhoneMemberOptions {
  participant: Participant;
  origin: RoomListener;
  ssrc: number;
  invited: boolean;
  returnsTo: string | undefined;
  /** Of whom the name is made, as the meeting has it; one that was given a name has none. */
  caller: PhoneCaller | undefined;
  onAdmitted: () => void;
  onRemoved: () => void;
}

/** A phone that is a participant. */
export class PhoneMember implements Member, LinkPhone {
  readonly participant: Participant;
  readonly origin: RoomListener;
  readonly ssrc: number;
  readonly invited: boolean;
  readonly returnsTo: string | undefined;
  readonly caller: PhoneCaller | undefined;
  readonly carriesAnother = false;
  readonly #onAdmitted: () => void;
  readonly #onRemoved: () => void;

  constructor(options: PhoneMemberOptions) {
    this.participant = options.participant;
    this.origin = options.origin;
    this.ssrc = options.ssrc;
    this.invited = options.invited;
    this.returnsTo = options.returnsTo;
    this.caller = options.caller;
    this.#onAdmitted = options.onAdmitted;
    this.#onRemoved = options.onRemoved;
  }

  get participantId(): string {
    return this.participant.id;
  }

  get role(): Role {
    return this.participant.role;
  }

  get waiting(): boolean {
    return this.participant.waiting;
  }

  admitted(): void {
    this.#onAdmitted();
  }

  /** The room closed its producer; the transport stays for the others. */
  removed(): void {
    this.#onRemoved();
  }
}
