import { randomUUID } from 'node:crypto';
import type { ParticipantKind, ParticipantView, Role, Told } from '@switchroom/protocol';
import { randomToken } from '../identity/secrets.ts';

/** What others see of a member. Changed by its Room only, which tells everybody. */
export class Participant {
  readonly id = randomUUID();
  readonly kind: ParticipantKind;
  readonly role: Role;
  /** What it comes back by after a lost connection: a secret between it and us. */
  readonly seat = randomToken(128);
  /** What it is known again by once it was put out: hashes of its number, browser or user. */
  readonly knownBy: readonly string[];
  /** Who it was here before a lost connection, its own or the room's. */
  was: string | undefined;
  name: string;
  /** In the lobby. */
  waiting = false;
  /** It was put out before, and no host has let it in since. */
  wasRemoved = false;
  /** Its audio path is up. */
  connected: boolean;
  muted: boolean;
  handRaised = false;
  /** The phone that its sound comes by has the call on hold. */
  held = false;
  audio: ParticipantKind;
  quality: number | null = null;
  consent: ParticipantView['consent'] = 'none';
  /** What it was told of recordings, and agreed to; who comes back has it still. */
  readonly told: Told[];

  constructor(options: {
    name: string;
    kind: ParticipantKind;
    role: Role;
    muted?: boolean;
    connected?: boolean;
    knownBy?: readonly string[];
    told?: readonly Told[];
  }) {
    this.name = options.name;
    this.kind = options.kind;
    this.role = options.role;
    this.knownBy = options.knownBy ?? [];
    this.muted = options.muted ?? false;
    this.connected = options.connected ?? false;
    this.audio = options.kind;
    this.told = [...(options.told ?? [])];
  }

  get state(): ParticipantView['state'] {
    if (this.waiting) return 'lobby';
    return this.connected ? 'joined' : 'connecting';
  }

  /** Nobody is to hear it: by its own wish, or because it has to agree first. */
  get silent(): boolean {
    return this.muted || this.consent === 'awaited';
  }

  view(): ParticipantView {
    const { id, name, kind, role, state, muted, handRaised, held, audio, quality, consent } = this;
    return {
      ...{ id, name, kind, role, state, muted, handRaised, held, audio, quality, consent },
      ...(this.waiting && this.wasRemoved && { wasRemoved: true }),
    };
  }
}
