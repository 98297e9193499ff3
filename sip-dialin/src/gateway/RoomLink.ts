import type {
  Ack,
  GatewayConsumerCreated,
  LeaveReason,
  ParticipantView,
} from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { PhoneMedia } from '../media/PhoneMedia.ts';
import { Doorbell } from './Doorbell.ts';
import { EarlyNews } from './EarlyNews.ts';
import type { GatewaySocket } from './GatewaySocket.ts';
import { LatestNews } from './LatestNews.ts';
import type { MemberEvent, Membership, Phone, RoomNews } from './MeetingRooms.ts';
import type { Member } from './Member.ts';
import { eventOfError, eventOfLeave, isPassing } from './memberEvents.ts';
import { Members } from './Members.ts';
import { RoomConnection } from './RoomConnection.ts';
import { RoomOpening } from './RoomOpening.ts';
import { RoomRequests } from './RoomRequests.ts';

export interface RoomLinkOptions {
  meetingId: string;
  socket: Pick<GatewaySocket, 'request' | 'connected'>;
  media: Pick<PhoneMedia, 'createRoom'>;
  /** Resolves when an earlier link of the same meeting has gone. */
  after: Promise<void>;
  /** Called once, when it takes nobody any more. */
  onClosed: (link: RoomLink) => void;
  now?: () => number;
  logger: Logger;
}

/**
 * One meeting at this gateway: binds the room's media to the server's transport, and its phones to
 * participants. Opens with the first phone and closes with the last; the Gateway that made it owns it.
 */
export class RoomLink {
  readonly meetingId: string;
  /** Resolves when its media is closed and the server told; pending until it closes. */
  readonly whenClosed: Promise<void>;
  readonly #options: RoomLinkOptions;
  readonly #members = new Members();
  readonly #connection: RoomConnection;
  readonly #requests: RoomRequests;
  readonly #doorbell: Doorbell;
  readonly #early = new EarlyNews();
  readonly #news = new LatestNews((news) => {
    for (const member of this.#members) member.roomChanged(news);
  });
  readonly #opening: RoomOpening;
  #closed = false;
  readonly #resolveClosed: () => void;

  constructor(options: RoomLinkOptions) {
    const { meetingId, socket, logger } = options;
    this.meetingId = meetingId;
    this.#options = options;
    this.#connection = new RoomConnection(options);
    this.#requests = new RoomRequests(meetingId, socket, logger);
    this.#doorbell = new Doorbell({
      room: () => this.#connection.room,
      count: () => this.#requests.count(),
      now: options.now ?? (() => performance.now()),
      logger,
    });
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.whenClosed = promise;
    this.#resolveClosed = () => resolve(undefined);
    this.#opening = new RoomOpening({
      connection: this.#connection,
      socket,
      after: options.after,
      onFailed: (error) => this.#openFailed(error),
      onGivenUp: () => this.#givenUp(),
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** A phone comes in. It holds the room open from now on, until it is out. */
  enter(phone: Phone): Membership {
    const member = this.#members.enter(phone, this.#connection.ssrcs);
    void this.#join(member);
    return {
      leave: () => this.#drop(member),
      setMuted: (muted) => this.#requests.wish(member, { muted }),
      setHandRaised: (handRaised) => this.#requests.wish(member, { handRaised }),
      setHeld: (held) => this.#requests.wish(member, { held }),
      tellConsent: (told) =>
        this.#requests.tellConsent(member, { ...told, at: new Date().toISOString() }),
      tellQuality: (quality) => this.#requests.quality(member, quality),
      attendance: async () => {
        const people = await this.#requests.count();
        return { people, names: this.#members.namesBut(member) };
      },
      command: (command) => this.#requests.command(member, command),
      refer: (number) => this.#requests.refer(member, number),
    };
  }

  /** Ends it from our side: tells the server, and the phones that are still in it. */
  close(event: MemberEvent): void {
    this.#release(event, true);
  }

  /** The room is gone at the server. */
  roomClosed(reason: LeaveReason): void {
    // Not open yet: that was the last one of this meeting, which somebody else has just left.
    if (!this.#connection.isOpen()) return;
    // It had emptied before our next phone was in, which only needs a new one; or the server, or its
    // SFU, will be back in a moment.
    if (this.#members.size > 0 && (reason === 'left' || isPassing(reason))) {
      this.serverLost();
      this.#openAnew();
    } else {
      this.#release(eventOfLeave(reason), false);
    }
  }

  /** The server is away: phones go on hearing each other, for a while. */
  serverLost(): void {
    if (this.#closed) return;
    this.#connection.forgetServer();
    this.#doorbell.forget();
    this.#early.clear();
    this.#news.serverLost();
    this.#members.forgetServer();
    this.#opening.serverLost();
  }

  /** The server is back and knows nothing of us. */
  serverBack(): void {
    if (!this.#closed) this.#openAnew();
  }

  consumerCreated(news: GatewayConsumerCreated, ack: Ack<Record<string, never>>): void {
    this.#connection.consumerCreated(news, ack);
  }

  consumerClosed(consumerId: string): void {
    this.#connection.consumerClosed(consumerId);
  }

  participantJoined(participant: ParticipantView): void {
    this.#doorbell.joined(participant);
  }

  participantUpdated(participant: ParticipantView): void {
    const member = this.#members.of(participant.id);
    if (member) void this.#updated(member, participant);
    else if (this.#members.areJoining) this.#early.updated(participant);
    if (!member) this.#doorbell.updated(participant);
  }

  participantLeft(participantId: string, reason: LeaveReason): void {
    const member = this.#members.of(participantId);
    if (member) {
      member.participantId = undefined;
      this.#drop(member, eventOfLeave(reason));
    } else {
      if (this.#members.areJoining) this.#early.left(participantId, reason);
      this.#doorbell.left(participantId);
    }
  }

  roomChanged({ recording, paused, waiting }: RoomNews): void {
    this.#news.update({ recording, paused, waiting });
  }

  audienceChanged(others: boolean): void {
    this.#connection.forward(others);
  }

  unmuteAsked(participantId: string): void {
    this.#members.of(participantId)?.unmuteAsked();
  }

  /** Opens the room again at the server, and joins its phones again; they hear each other all the time. */
  #openAnew(): void {
    this.#opening.anew();
    // Those that have not been in yet see to it themselves.
    for (const member of this.#members) if (member.place !== 'coming') void this.#join(member);
  }

  #openFailed(error: unknown): void {
    this.#options.logger.warn({ err: error, meetingId: this.meetingId }, 'room did not open');
    this.#release(eventOfError(error), true);
  }

  async #join(member: Member): Promise<void> {
    const opening = this.#opening.latest;
    try {
      await opening;
      if (!member.isOut()) await this.#makeParticipant(member);
    } catch (error) {
      if (member.isOut()) return;
      // The room was opened anew meanwhile: what the old one answered does not count.
      if (opening !== this.#opening.latest) return this.#join(member);
      // A phone that is in already is not sent away while that may go better in a moment.
      if (member.place !== 'coming' && this.#opening.isAway(error)) return this.#joinLater(member);
      this.#options.logger.warn({ err: error, meetingId: this.meetingId }, 'phone did not join');
      this.#drop(member, eventOfError(error));
    }
  }

  async #joinLater(member: Member): Promise<void> {
    // Without the room, opening it anew sees to all of them.
    if (!this.#connection.isOpen()) return;
    await this.#opening.pause();
    if (!member.isOut() && member.participantId === undefined && this.#connection.isOpen()) {
      await this.#join(member);
    }
  }

  async #makeParticipant(member: Member): Promise<void> {
    const answered = this.#news.ask();
    const { participant, entry, recording, paused } = await this.#requests.join(member);
    answered({ recording, paused });
    if (member.isOut()) {
      if (!this.#closed) this.#requests.leave(participant.id, member.ssrc);
      return;
    }
    this.#doorbell.signal = entry;
    const { muted, handRaised, wishes } = member;
    const early = this.#early.of(participant.id);
    member.takenIn(participant);
    if (!this.#members.areJoining) {
      this.#early.clear();
      this.#opening.phonesAreBack();
    }
    if (early.left !== undefined) {
      this.participantLeft(participant.id, early.left);
      return;
    }
    // Again after the server had been away; at once, for what the caller wants next is told after it.
    await Promise.all(wishes.map((wish) => this.#requests.tellWish(participant.id, wish)));
    const view = early.view ?? participant;
    await this.#updated(member, {
      ...view,
      muted: muted || view.muted,
      handRaised: handRaised || view.handRaised,
    });
  }

  /** What the server made of the phone, its place included. */
  async #updated(member: Member, view: ParticipantView): Promise<void> {
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
    const { media } = member.phone;
    member.place = 'media';
    try {
      await media.join(this.meetingId, member.ssrc);
    } catch (error) {
      this.#options.logger.warn({ err: error, meetingId: this.meetingId }, 'media did not join');
      this.#drop(member, { type: 'unreachable' });
    }
    // It may have been put back meanwhile.
    if (member.isOut() || !member.isIn()) return;
    member.joined(this.#news.known);
    this.#doorbell.phoneEntered(member.phone);
  }

  /** The server did not come back in time. */
  #givenUp(): void {
    for (const member of this.#members) {
      const waitsForNothing = member.place === 'coming' && this.#connection.isOpen();
      if (member.participantId === undefined && !waitsForNothing) {
        this.#drop(member, { type: 'unreachable' });
      }
    }
  }

  #drop(member: Member, event?: MemberEvent): void {
    if (member.isOut()) return;
    this.#members.delete(member);
    if (member.participantId !== undefined && !this.#closed) {
      this.#requests.leave(member.participantId, member.ssrc);
    }
    member.end(event);
    if (this.#members.size === 0) this.#release({ type: 'meetingEnded' }, true);
    else if (member.place === 'media') this.#doorbell.phoneLeft();
  }

  #release(event: MemberEvent, tellServer: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#opening.close();
    this.#news.close();
    this.#connection.giveUp();
    this.#options.onClosed(this);
    void this.#opening.latest
      .catch(() => undefined)
      .then(() => this.#connection.close(tellServer))
      .finally(this.#resolveClosed);
    const members = [...this.#members];
    this.#members.clear();
    this.#early.clear();
    for (const member of members) member.end(event);
  }
}
