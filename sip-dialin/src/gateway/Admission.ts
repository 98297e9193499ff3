import type { LeaveReason, ParticipantView } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { Doorbell } from './Doorbell.ts';
import { EarlyNews } from './EarlyNews.ts';
import type { LatestNews } from './LatestNews.ts';
import type { MemberEvent } from './MeetingRooms.ts';
import type { Member } from './Member.ts';
import { eventOfError, eventOfLeave } from './memberEvents.ts';
import type { Members } from './Members.ts';
import type { RoomConnection } from './RoomConnection.ts';
import type { RoomOpening } from './RoomOpening.ts';
import type { RoomRequests } from './RoomRequests.ts';

export interface AdmissionOptions {
  meetingId: string;
  connection: Pick<RoomConnection, 'isOpen'>;
  opening: Pick<RoomOpening, 'latest' | 'isAway' | 'pause' | 'phonesAreBack'>;
  requests: Pick<RoomRequests, 'join' | 'tellWish' | 'leave'>;
  members: Members;
  news: Pick<LatestNews, 'ask' | 'known'>;
  doorbell: Pick<Doorbell, 'signal' | 'phoneEntered'>;
  /** Puts one out of the room, and tells it why. */
  drop: (member: Member, event: MemberEvent) => void;
  logger: Logger;
}

/**
 * How the phones of one room come in: each is made a participant at the server, and is where the server says that it is,
 * in the mix or in the lobby. After the server had been away they come in again. Owned by its RoomLink.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #early = new EarlyNews();
  #closed = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** As soon as the room is open; one that cannot is dropped. Never rejects. */
  async join(member: Member): Promise<void> {
    const { opening, logger, meetingId, drop } = this.#options;
    const { latest } = opening;
    try {
      await latest;
      if (!member.isOut()) await this.#makeParticipant(member);
    } catch (error) {
      if (member.isOut()) return;
      // The room was opened anew meanwhile: what the old one answered does not count.
      if (latest !== opening.latest) return this.join(member);
      // A phone that is in already is not sent away while that may go better in a moment.
      if (member.place !== 'coming' && opening.isAway(error)) return this.#joinLater(member);
      logger.warn({ err: error, meetingId }, 'phone did not join');
      drop(member, eventOfError(error));
    }
  }

  /** How a participant is now. False when it is not known as a phone of ours. */
  updated(participant: ParticipantView): boolean {
    const { members } = this.#options;
    const member = members.of(participant.id);
    if (member) void this.#follow(member, participant);
    else if (members.areJoining) this.#early.updated(participant);
    return member !== undefined;
  }

  /** A participant is gone. False when it is not known as a phone of ours. */
  left(participantId: string, reason: LeaveReason): boolean {
    const { members, drop } = this.#options;
    const member = members.of(participantId);
    if (member) {
      member.participantId = undefined;
      drop(member, eventOfLeave(reason));
    } else if (members.areJoining) {
      this.#early.left(participantId, reason);
    }
    return member !== undefined;
  }

  /** What it told of participants is of none that will be. */
  serverLost(): void {
    this.#early.clear();
  }

  /** The server is told nothing any more. */
  close(): void {
    this.#closed = true;
    this.#early.clear();
  }

  async #joinLater(member: Member): Promise<void> {
    const { connection, opening } = this.#options;
    // Without the room, opening it anew sees to all of them.
    if (!connection.isOpen()) return;
    await opening.pause();
    if (!member.isOut() && member.participantId === undefined && connection.isOpen()) {
      await this.join(member);
    }
  }

  async #makeParticipant(member: Member): Promise<void> {
    const { requests, members, news, doorbell, opening } = this.#options;
    const answered = news.ask();
    const { participant, entry, recording, paused } = await requests.join(member);
    answered({ recording, paused });
    if (member.isOut()) {
      if (!this.#closed) requests.leave(participant.id, member.ssrc);
      return;
    }
    doorbell.signal = entry;
    const { muted, handRaised, wishes } = member;
    const early = this.#early.of(participant.id);
    member.takenIn(participant);
    if (!members.areJoining) {
      this.#early.clear();
      opening.phonesAreBack();
    }
    if (early.left !== undefined) {
      this.left(participant.id, early.left);
      return;
    }
    // Again after the server had been away; at once, for what the caller wants next is told after it.
    await Promise.all(wishes.map((wish) => requests.tellWish(participant.id, wish)));
    const view = early.view ?? participant;
    await this.#follow(member, {
      ...view,
      muted: muted || view.muted,
      handRaised: handRaised || view.handRaised,
    });
  }

  /** What the server made of the phone, its place included. */
  async #follow(member: Member, view: ParticipantView): Promise<void> {
    member.update(view);
    if (member.isOut()) return;
    if (view.state === 'lobby') {
      if (member.place === 'lobby') return;
      // Nothing is heard there, and nothing leaks.
      if (member.place === 'media') member.phone.media.leave();
      member.waiting();
    } else if (member.place !== 'media') {
      await this.#letIn(member);
    }
  }

  /** Not before the server says so: nobody hears a phone that may yet be refused. */
  async #letIn(member: Member): Promise<void> {
    const { meetingId, news, doorbell, drop, logger } = this.#options;
    const { media } = member.phone;
    member.place = 'media';
    try {
      await media.join(meetingId, member.ssrc);
    } catch (error) {
      logger.warn({ err: error, meetingId }, 'media did not join');
      drop(member, { type: 'unreachable' });
    }
    // It may have been put back meanwhile.
    if (member.isOut() || !member.isIn()) return;
    member.joined(news.known);
    // Whose sound has moved to the phone was there before.
    if (!member.carriesAnother) doorbell.phoneEntered(member.phone);
  }
}
