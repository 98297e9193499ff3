import type {
  Ack,
  GatewayConsumerCreated,
  LeaveReason,
  ParticipantView,
} from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { PhoneMedia } from '../media/PhoneMedia.ts';
import { Admission } from './Admission.ts';
import { Doorbell } from './Doorbell.ts';
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
  readonly #news = new LatestNews((news) => {
    for (const member of this.#members) member.roomChanged(news);
  });
  readonly #opening: RoomOpening;
  readonly #admission: Admission;
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
    this.#admission = new Admission({
      ...{ meetingId, connection: this.#connection, opening: this.#opening },
      ...{ requests: this.#requests, members: this.#members, news: this.#news },
      doorbell: this.#doorbell,
      drop: (member, event) => this.#drop(member, event),
      logger,
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** A phone comes in. It holds the room open from now on, until it is out. */
  enter(phone: Phone): Membership {
    const member = this.#members.enter(phone, this.#connection.ssrcs);
    void this.#admission.join(member);
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
    this.#admission.serverLost();
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
    if (!this.#admission.updated(participant)) this.#doorbell.updated(participant);
  }

  participantLeft(participantId: string, reason: LeaveReason): void {
    if (!this.#admission.left(participantId, reason)) this.#doorbell.left(participantId);
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
    for (const member of this.#members)
      if (member.place !== 'coming') void this.#admission.join(member);
  }

  #openFailed(error: unknown): void {
    this.#options.logger.warn({ err: error, meetingId: this.meetingId }, 'room did not open');
    this.#release(eventOfError(error), true);
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
    // The sound goes back to a participant who is still there.
    const nobodyLeaves = member.carriesAnother && member.participantId !== undefined;
    this.#members.delete(member);
    if (member.participantId !== undefined && !this.#closed) {
      this.#requests.leave(member.participantId, member.ssrc);
    }
    member.end(event);
    if (this.#members.size === 0) this.#release({ type: 'meetingEnded' }, true);
    else if (member.place === 'media' && !nobodyLeaves) this.#doorbell.phoneLeft();
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
    this.#admission.close();
    for (const member of members) member.end(event);
  }
}
