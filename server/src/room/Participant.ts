import { randomUUID } from 'node:crypto';
import type { ParticipantKind, ParticipantView, Role } from '@switchroom/protocol';

/** What others see of a member. Changed by its Room only, which tells everybody. */
export class Participant {
  readonly id = randomUUID();
  readonly name: string;
  readonly kind: ParticipantKind;
  readonly role: Role;
  state: ParticipantView['state'] = 'connecting';
  muted: boolean;
  handRaised = false;

  constructor(options: { name: string; kind: ParticipantKind; role: Role; muted?: boolean }) {
    this.name = options.name;
    this.kind = options.kind;
    this.role = options.role;
    this.muted = options.muted ?? false;
  }

  view(): ParticipantView {
    const { id, name, kind, role, state, muted, handRaised } = this;
    return { id, name, kind, role, state, muted, handRaised };
  }
}
