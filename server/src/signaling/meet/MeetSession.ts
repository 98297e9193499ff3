import { AppError, type LeaveReason } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { Alarms } from '../../alarms/Alarms.ts';
import type { Calls } from '../../calls/Calls.ts';
import type { Sessions } from '../../identity/Sessions.ts';
import type { MeetingLinks } from '../../meetings/MeetingLinks.ts';
import type { MeetingStore } from '../../meetings/MeetingStore.ts';
import type { Rooms } from '../../room/Rooms.ts';
import type { BrowserMember } from './BrowserMember.ts';
import type { MeetOutbox } from './MeetOutbox.ts';

/** What the handlers of a browser call. */
export interface MeetDeps {
  alarms: Alarms;
  rooms: Rooms;
  meetings: MeetingStore;
  links: MeetingLinks;
  sessions: Sessions;
  calls: Calls;
  logger: Logger;
}

type State =
  | { name: 'outside' }
  | { name: 'joining' }
  | { name: 'inside'; member: BrowserMember }
  | { name: 'gone' };

/** One browser's connection: outside, or in one room. */
export class MeetSession {
  readonly outbox: MeetOutbox;
  #state: State = { name: 'outside' };

  constructor(outbox: MeetOutbox) {
    this.outbox = outbox;
  }

  /** Who it is in the room, when it is in one. */
  get memberIfAny(): BrowserMember | undefined {
    return this.#state.name === 'inside' ? this.#state.member : undefined;
  }

  /** Who it is in the room. Errors: `conflict` when it is in none. */
  get member(): BrowserMember {
    const { memberIfAny } = this;
    if (memberIfAny) return memberIfAny;
    throw new AppError('conflict', 'Join a room first.');
  }

  /** Who it is, when it is a host. Errors: `conflict` when it is in no room, `forbidden`. */
  get host(): BrowserMember {
    const { member } = this;
    if (member.hosts) return member;
    throw new AppError('forbidden', 'Only a host may do this.');
  }

  /** Whether it is in the room of this meeting; the lobby does not count. */
  isIn(meetingId: string): boolean {
    const { memberIfAny } = this;
    return memberIfAny?.inside === true && memberIfAny.room.meetingId === meetingId;
  }

  /**
   * Runs `join`, which enters a room and gives the member.
   * Errors: `conflict` when it is in a room already; what `join` throws.
   */
  async join(join: () => Promise<BrowserMember>): Promise<BrowserMember> {
    if (this.#state.name !== 'outside')
      throw new AppError('conflict', 'You are in a room already.');
    this.#state = { name: 'joining' };
    try {
      const member = await join();
      // The state is read anew: the connection can have been lost in the meantime.
      if (this.gone) {
        member.removed();
        throw new AppError('unavailable', 'The connection was lost.');
      }
      member.enter();
      this.#state = { name: 'inside', member };
      return member;
    } finally {
      if (this.#isJoining()) this.#state = { name: 'outside' };
    }
  }

  get gone(): boolean {
    return this.#state.name === 'gone';
  }

  /** Leaves the room, if in one. */
  leave(reason: LeaveReason): void {
    if (this.#state.name !== 'inside') return;
    const { room, participant } = this.#state.member;
    room.leave(participant.id, reason);
  }

  /** The room let the member go. */
  removed(): void {
    if (!this.gone) this.#state = { name: 'outside' };
  }

  /** The connection is lost. Twice is silent. */
  disconnected(): void {
    const state = this.#state;
    this.#state = { name: 'gone' };
    if (state.name === 'inside') state.member.connectionLost();
  }

  #isJoining(): boolean {
    return this.#state.name === 'joining';
  }
}
