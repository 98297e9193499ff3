import { randomInt } from 'node:crypto';
import {
  AppError,
  failure,
  ok,
  type Ack,
  type GatewayConsumerCreated,
  type LeaveReason,
  type ParticipantView,
} from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { PhoneMedia, RoomMedia } from '../media/PhoneMedia.ts';
import type { GatewaySocket } from './GatewaySocket.ts';
import type { MemberEvent, Membership, Phone } from './MeetingRooms.ts';
import { Member } from './Member.ts';
import { eventOfError, eventOfLeave } from './memberEvents.ts';

/** How long phones go on among themselves while the server is away. */
export const SERVER_AWAY_LIMIT_MS = 10_000;

type Wish = { muted: boolean } | { handRaised: boolean };

export interface RoomLinkOptions {
  meetingId: string;
  socket: Pick<GatewaySocket, 'request' | 'connected'>;
  media: Pick<PhoneMedia, 'createRoom'>;
  /** Resolves when an earlier link of the same meeting has gone. */
  after: Promise<void>;
  /** Called once, when it takes nobody any more. */
  onClosed: (link: RoomLink) => void;
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
  readonly #members = new Set<Member>();
  /** SSRC by consumer id: what the room's browsers send us. */
  readonly #sources = new Map<string, number>();
  /** Participants that the server put out before we had read that they were in. */
  readonly #leftEarly = new Map<string, LeaveReason>();
  #room: RoomMedia | undefined;
  #transportId: string | undefined;
  #opening: Promise<void>;
  #awayTimer: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #resolveClosed: () => void;

  constructor(options: RoomLinkOptions) {
    this.meetingId = options.meetingId;
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.whenClosed = promise;
    this.#resolveClosed = () => resolve(undefined);
    this.#opening = options.after.then(() => this.#open());
    this.#opening.catch((error: unknown) => this.#openFailed(error));
  }

  get closed(): boolean {
    return this.#closed;
  }

  get size(): number {
    return this.#members.size;
  }

  /** A phone comes in. It holds the room open from now on, until it is out. */
  enter(phone: Phone): Membership {
    const member = new Member(phone, this.#freshSsrc());
    this.#members.add(member);
    void this.#join(member);
    return {
      leave: () => this.#drop(member),
      setMuted: (muted) => this.#wish(member, { muted }),
      setHandRaised: (handRaised) => this.#wish(member, { handRaised }),
      count: () => this.#count(),
    };
  }

  /** Ends it from our side: tells the server, and the phones that are still in it. */
  close(event: MemberEvent): void {
    this.#release(event, true);
  }

  /** The room is gone at the server. */
  roomClosed(reason: LeaveReason): void {
    // Not open yet: that was the last one of this meeting, which somebody else has just left.
    if (this.#transportId === undefined) return;
    // It had emptied before our next phone was in, which only needs a new one.
    if (reason === 'left' && this.#members.size > 0) {
      this.#forgetServer();
      this.#openAnew();
    } else {
      this.#release(eventOfLeave(reason), false);
    }
  }

  /** The server is away: phones go on hearing each other, for a while. */
  serverLost(): void {
    if (this.#closed) return;
    this.#forgetServer();
    this.#awayTimer ??= setTimeout(
      () => this.#release({ type: 'unreachable' }, false),
      SERVER_AWAY_LIMIT_MS,
    );
  }

  /** The server is back and knows nothing of us. */
  serverBack(): void {
    if (!this.#closed) this.#openAnew();
  }

  consumerCreated(news: GatewayConsumerCreated, ack: Ack<Record<string, never>>): void {
    if (this.#closed || !this.#room || news.transportId !== this.#transportId) {
      ack(failure(new AppError('not-found', 'No such transport.')));
      return;
    }
    this.#sources.set(news.consumerId, news.ssrc);
    this.#room.addSource(news.ssrc);
    ack(ok({}));
  }

  consumerClosed(consumerId: string): void {
    const ssrc = this.#sources.get(consumerId);
    if (ssrc === undefined) return;
    this.#sources.delete(consumerId);
    this.#room?.removeSource(ssrc);
  }

  participantUpdated(participant: ParticipantView): void {
    const member = this.#memberOf(participant.id);
    member?.setMuted(participant.muted);
    member?.setHandRaised(participant.handRaised);
  }

  participantLeft(participantId: string, reason: LeaveReason): void {
    const member = this.#memberOf(participantId);
    if (member) {
      member.participantId = undefined;
      this.#drop(member, eventOfLeave(reason));
    } else if (this.#isJoining()) {
      this.#leftEarly.set(participantId, reason);
    }
  }

  async #open(): Promise<void> {
    if (this.#closed) return;
    const { meetingId, socket, media } = this.#options;
    // Both at once: the caller waits for the first sound.
    const [opened, room] = await Promise.allSettled([
      socket.request('room:open', { meetingId }),
      this.#room ?? media.createRoom(meetingId),
    ]);
    if (room.status === 'rejected') throw room.reason;
    this.#room = room.value;
    if (opened.status === 'rejected') throw opened.reason;
    if (this.closed) return;
    const { transportId, ip, port, payloadType, audioLevelExtensionId } = opened.value;
    this.#transportId = transportId;
    await this.#room.connect({ ip, port, payloadType, audioLevelExtensionId });
    await socket.request('transport:connect', { transportId, ...this.#room.local });
    clearTimeout(this.#awayTimer);
    this.#awayTimer = undefined;
  }

  /** Opens the room again at the server, and joins its phones again; they hear each other all the time. */
  #openAnew(): void {
    this.#opening = this.#opening.catch(() => undefined).then(() => this.#open());
    this.#opening.catch((error: unknown) => this.#openFailed(error));
    // Those that have not been in yet see to it themselves.
    for (const member of this.#members) if (member.inMedia) void this.#join(member);
  }

  #forgetServer(): void {
    this.#transportId = undefined;
    for (const member of this.#members) member.participantId = undefined;
    for (const ssrc of this.#sources.values()) this.#room?.removeSource(ssrc);
    this.#sources.clear();
    this.#leftEarly.clear();
  }

  #openFailed(error: unknown): void {
    // Away again, or still: the timer decides, not this attempt.
    if (this.#closed || this.#isAway(error)) return;
    this.#options.logger.warn({ err: error, meetingId: this.meetingId }, 'room did not open');
    this.#release(eventOfError(error), true);
  }

  async #join(member: Member): Promise<void> {
    const opening = this.#opening;
    try {
      await opening;
      if (!member.isOut()) await this.#makeParticipant(member);
    } catch (error) {
      if (member.isOut()) return;
      // The room was opened anew meanwhile: what the old one answered does not count.
      if (opening !== this.#opening) return this.#join(member);
      // A phone that is in already is not sent away for one lost connection.
      if (member.inMedia && this.#isAway(error)) return;
      this.#options.logger.warn({ err: error, meetingId: this.meetingId }, 'phone did not join');
      this.#drop(member, eventOfError(error));
    }
  }

  async #makeParticipant(member: Member): Promise<void> {
    const { meetingId, name, number, media } = member.phone;
    const request = { meetingId, name, number, ssrc: member.ssrc };
    const { participantId, participant } = await this.#options.socket.request(
      'phone:join',
      request,
    );
    if (member.isOut()) {
      if (!this.#closed) this.#tellLeft(participantId);
      return;
    }
    member.participantId = participantId;
    const left = this.#leftEarly.get(participantId);
    if (!this.#isJoining()) this.#leftEarly.clear();
    if (left !== undefined) {
      this.participantLeft(participantId, left);
      return;
    }
    // A phone that was muted, or had its hand up, has so again after the server had been away.
    if (member.muted) await this.#tell(participantId, { muted: true });
    else member.setMuted(participant.muted);
    if (member.handRaised) await this.#tell(participantId, { handRaised: true });
    if (member.isOut()) return;
    // Not before the server let it in: nobody hears a phone that may yet be refused.
    if (!member.inMedia) {
      await media.join(meetingId, member.ssrc);
      member.inMedia = true;
      member.joined();
    }
  }

  #isAway(error: unknown): boolean {
    const unavailable = error instanceof AppError && error.code === 'unavailable';
    return unavailable && this.#awayTimer !== undefined;
  }

  #drop(member: Member, event?: MemberEvent): void {
    if (member.isOut()) return;
    this.#members.delete(member);
    if (member.participantId !== undefined && !this.#closed) this.#tellLeft(member.participantId);
    member.end(event);
    if (this.#members.size === 0) this.#release({ type: 'meetingEnded' }, true);
  }

  #release(event: MemberEvent, tellServer: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#awayTimer);
    this.#options.onClosed(this);
    void this.#tearDown(tellServer).finally(this.#resolveClosed);
    const members = [...this.#members];
    this.#members.clear();
    this.#sources.clear();
    this.#leftEarly.clear();
    for (const member of members) member.end(event);
  }

  async #tearDown(tellServer: boolean): Promise<void> {
    const { meetingId, socket, logger } = this.#options;
    await this.#opening.catch(() => undefined);
    try {
      if (tellServer && socket.connected) await socket.request('room:release', { meetingId });
    } catch (error) {
      logger.debug({ err: error, meetingId }, 'server did not take room:release');
    }
    try {
      await this.#room?.close();
    } catch (error) {
      logger.error({ err: error, meetingId }, 'room media did not close');
    }
  }

  #tellLeft(participantId: string): void {
    const { socket, logger } = this.#options;
    socket
      .request('phone:leave', { meetingId: this.meetingId, participantId })
      .catch((error: unknown) => {
        logger.debug({ err: error, meetingId: this.meetingId }, 'server did not take phone:leave');
      });
  }

  /** Kept also while the server is away: it is told when the phone joins again. */
  #wish(member: Member, wish: Wish): void {
    if (member.isOut()) return;
    member.wish(wish);
    if (member.participantId === undefined) return;
    this.#tell(member.participantId, wish).catch((error: unknown) => {
      this.#options.logger.warn({ err: error, meetingId: this.meetingId }, 'wish not taken');
    });
  }

  async #tell(participantId: string, wish: Wish): Promise<void> {
    const { socket } = this.#options;
    const whose = { meetingId: this.meetingId, participantId };
    if ('muted' in wish) await socket.request('participant:setMuted', { ...whose, ...wish });
    else await socket.request('participant:setHandRaised', { ...whose, ...wish });
  }

  async #count(): Promise<number> {
    const { meetingId, socket } = this.#options;
    return (await socket.request('participant:count', { meetingId })).participants;
  }

  #memberOf(participantId: string): Member | undefined {
    return [...this.#members].find((member) => member.participantId === participantId);
  }

  #isJoining(): boolean {
    return [...this.#members].some((member) => member.participantId === undefined);
  }

  /** RFC 3550 section 8: random, and not one that is in use here. */
  #freshSsrc(): number {
    const used = new Set([
      ...this.#sources.values(),
      ...[...this.#members].map(({ ssrc }) => ssrc),
    ]);
    for (;;) {
      const ssrc = randomInt(1, 0x1_0000_0000);
      if (!used.has(ssrc)) return ssrc;
    }
  }
}
