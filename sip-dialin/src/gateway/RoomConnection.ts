import { AppError, failure, ok, type Ack, type GatewayConsumerCreated } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { PhoneMedia, RoomMedia } from '../media/PhoneMedia.ts';
import type { GatewaySocket } from './GatewaySocket.ts';

export interface RoomConnectionOptions {
  meetingId: string;
  socket: Pick<GatewaySocket, 'request' | 'connected'>;
  media: Pick<PhoneMedia, 'createRoom'>;
  logger: Logger;
}

/**
 * A room's media bound to the server's transport. The media is there from the first `open` to `close`; the
 * transport comes and goes with the server. Owned by its RoomLink.
 */
export class RoomConnection {
  readonly #options: RoomConnectionOptions;
  /** SSRC by consumer id: what the room's browsers send us. */
  readonly #sources = new Map<string, number>();
  #room: RoomMedia | undefined;
  #transportId: string | undefined;
  /** Whether anybody gets what we send to the SFU. */
  #forwards = true;
  #closed = false;

  constructor(options: RoomConnectionOptions) {
    this.#options = options;
  }

  get room(): RoomMedia | undefined {
    return this.#room;
  }

  /** Whether the server has a transport for us. */
  isOpen(): boolean {
    return this.#transportId !== undefined;
  }

  get ssrcs(): Iterable<number> {
    return this.#sources.values();
  }

  /** Opens the room at the server, and its media if that is not there. Errors: as of `room:open`; `media-unavailable`. */
  async open(): Promise<void> {
    const { meetingId, socket, media } = this.#options;
    // Both at once: the caller waits for the first sound.
    const [opened, room] = await Promise.allSettled([
      socket.request('room:open', { meetingId }),
      this.#room ?? media.createRoom(meetingId),
    ]);
    if (room.status === 'rejected') throw room.reason;
    this.#room = room.value;
    this.#room.setForwarding(this.#forwards);
    if (opened.status === 'rejected') throw opened.reason;
    if (this.#closed) return;
    const { transportId, ip, port, payloadType, audioLevelExtensionId } = opened.value;
    this.#transportId = transportId;
    await this.#room.connect({ ip, port, payloadType, audioLevelExtensionId });
    await socket.request('transport:connect', { transportId, ...this.#room.local });
  }

  /** The server knows no more of us: its sounds are gone, the phones' stay. */
  forgetServer(): void {
    this.#transportId = undefined;
    this.forward(true);
    for (const ssrc of this.#sources.values()) this.#room?.removeSource(ssrc);
    this.#sources.clear();
  }

  /** Until the next time, or until the server is lost: when in doubt, phones are forwarded. */
  forward(forwards: boolean): void {
    this.#forwards = forwards;
    this.#room?.setForwarding(forwards);
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

  /** Nothing is opened any more; `close` follows once an opening that runs has ended. */
  giveUp(): void {
    this.#closed = true;
    this.#sources.clear();
  }

  /** Never rejects. */
  async close(tellServer: boolean): Promise<void> {
    const { meetingId, socket, logger } = this.#options;
    this.giveUp();
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
}
