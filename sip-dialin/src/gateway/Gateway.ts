import {
  AppError,
  failure,
  ok,
  type GatewayPayload,
  type TrunksChanged,
} from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { PhoneMedia } from '../media/PhoneMedia.ts';
import type { CallOrders, CallProgress } from '../signaling/outbound/CallOrders.ts';
import type { GatewaySocket, OpenGatewaySocket, PhoneNews } from './GatewaySocket.ts';
import type {
  DialledDid,
  MeetingRooms,
  Membership,
  Phone,
  PinQuery,
  PinResult,
} from './MeetingRooms.ts';
import { RoomLink } from './RoomLink.ts';

export interface GatewayOptions {
  openSocket: OpenGatewaySocket;
  media: Pick<PhoneMedia, 'createRoom'>;
  /** At once on connecting, and after every change. */
  onTrunks: (news: TrunksChanged) => void;
  /** Without it, orders to call somebody are refused. */
  calls?: CallOrders;
  logger: Logger;
}

/** sip-dialin's client of the meeting server. Connects when made, and again whenever it has to. */
export class Gateway implements MeetingRooms {
  readonly #options: GatewayOptions;
  readonly #socket: GatewaySocket;
  readonly #links = new Map<string, RoomLink>();
  /** The last link of a meeting, while it still closes: the next one waits for it. */
  readonly #closing = new Map<string, Promise<void>>();
  readonly #waiting = new Set<PromiseWithResolvers<undefined>>();
  #refusal: string | undefined;
  #closed = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#socket = options.openSocket({
      onConnected: () => this.#connected(),
      onDisconnected: () => this.#disconnected(),
      onRefused: (message) => {
        this.#refusal = message;
        options.logger.error({ message }, 'the server refuses this gateway');
      },
      news: this.#news(),
    });
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /** Meetings that are open here. */
  get rooms(): number {
    return this.#links.size;
  }

  /** Resolves once connected. Error `unavailable` when that takes longer than `timeoutMs`. */
  async whenConnected(timeoutMs: number): Promise<void> {
    if (this.#socket.connected) return;
    const waiting = Promise.withResolvers<undefined>();
    this.#waiting.add(waiting);
    const timer = setTimeout(() => {
      const why = this.#refusal === undefined ? 'is not there' : `refuses us: ${this.#refusal}`;
      waiting.reject(new AppError('unavailable', `The meeting server ${why}.`));
    }, timeoutMs);
    try {
      await waiting.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(waiting);
    }
  }

  async resolveDid(query: { number: string; trunkId: string }): Promise<DialledDid> {
    return this.#socket.request('did:resolve', query);
  }

  async checkPin(query: PinQuery): Promise<PinResult> {
    return this.#socket.request('pin:check', query);
  }

  enter(phone: Phone): Membership {
    const link = this.#links.get(phone.meetingId) ?? this.#openLink(phone.meetingId);
    return link.enter(phone);
  }

  /** How a call goes that was ordered. Never rejects: one that the server does not take is logged. */
  async tellProgress(news: CallProgress): Promise<void> {
    try {
      await this.#socket.request('call:progress', news);
    } catch (error) {
      const { callId, state } = news;
      this.#options.logger.warn({ err: error, callId, state }, 'progress of a call not taken');
    }
  }

  /** What happened to calls. Error `unavailable` while the server is away. */
  async tellEvents(news: GatewayPayload<'call:event'>): Promise<void> {
    await this.#socket.request('call:event', news);
  }

  /** Releases all rooms and disconnects. Phones still in a room are told. Twice is silent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const waiting of this.#waiting) {
      waiting.reject(new AppError('unavailable', 'The gateway was closed.'));
    }
    for (const link of [...this.#links.values()]) link.close({ type: 'unreachable' });
    await Promise.all(this.#closing.values());
    this.#socket.close();
  }

  #openLink(meetingId: string): RoomLink {
    const { media, logger } = this.#options;
    const link = new RoomLink({
      meetingId,
      socket: this.#socket,
      media,
      logger,
      after: this.#closing.get(meetingId) ?? Promise.resolve(),
      onClosed: (closed) => this.#linkClosed(closed),
    });
    this.#links.set(meetingId, link);
    return link;
  }

  #linkClosed(link: RoomLink): void {
    this.#links.delete(link.meetingId);
    this.#closing.set(link.meetingId, link.whenClosed);
    void link.whenClosed.then(() => {
      if (this.#closing.get(link.meetingId) === link.whenClosed) {
        this.#closing.delete(link.meetingId);
      }
    });
  }

  #connected(): void {
    this.#options.logger.info('connected to the server');
    this.#refusal = undefined;
    for (const waiting of this.#waiting) waiting.resolve(undefined);
    for (const link of this.#links.values()) link.serverBack();
  }

  #disconnected(): void {
    if (this.#closed) return;
    this.#options.logger.warn('the server is away');
    for (const link of this.#links.values()) link.serverLost();
    this.#options.calls?.serverLost();
  }

  #news(): PhoneNews {
    return {
      'trunks:changed': (news) => this.#options.onTrunks(news),
      'consumer:created': (news, ack) => {
        const link = this.#links.get(news.meetingId);
        if (link) link.consumerCreated(news, ack);
        else ack(failure(new AppError('not-found', 'This room is not open here.')));
      },
      'consumer:closed': (news) => this.#links.get(news.meetingId)?.consumerClosed(news.consumerId),
      'participant:joined': (news) =>
        this.#links.get(news.meetingId)?.participantJoined(news.participant),
      'participant:updated': (news) =>
        this.#links.get(news.meetingId)?.participantUpdated(news.participant),
      'participant:left': (news) =>
        this.#links.get(news.meetingId)?.participantLeft(news.participantId, news.reason),
      'room:closed': (news) => this.#links.get(news.meetingId)?.roomClosed(news.reason),
      'room:changed': (news) => this.#links.get(news.meetingId)?.roomChanged(news),
      'room:audience': (news) => this.#links.get(news.meetingId)?.audienceChanged(news.others),
      'phone:unmuteAsked': (news) =>
        this.#links.get(news.meetingId)?.unmuteAsked(news.participantId),
      'call:place': (order, ack) => {
        const { calls } = this.#options;
        if (!calls) {
          ack(failure(new AppError('dial-out-unavailable', 'This gateway calls nobody.')));
          return;
        }
        ack(ok({}));
        calls.place(order);
      },
      'call:cancel': ({ callId }) => this.#options.calls?.cancel(callId),
    };
  }
}
