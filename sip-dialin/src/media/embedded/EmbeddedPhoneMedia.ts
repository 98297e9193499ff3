import { AppError } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { LegMedia, LegMediaOptions, PhoneMedia, RoomMedia } from '../PhoneMedia.ts';
import { EmbeddedLeg } from './EmbeddedLeg.ts';
import { EmbeddedRoom } from './EmbeddedRoom.ts';
import { MediaWorker } from './worker/MediaWorker.ts';
import type { WorkerConfig } from './worker/messages.ts';

export interface EmbeddedPhoneMediaOptions extends WorkerConfig {
  logger: Logger;
  /** Another worker program, for tests. */
  program?: URL;
}

/** The embedded engine: a worker thread with all sockets, codecs and mixers; this only asks it. */
export class EmbeddedPhoneMedia implements PhoneMedia {
  readonly #worker: MediaWorker;
  readonly #legs = new Map<string, EmbeddedLeg>();
  readonly #rooms = new Map<string, EmbeddedRoom>();
  #closing: Promise<void> | undefined;

  constructor({ logger, program, ...config }: EmbeddedPhoneMediaOptions) {
    this.#worker = new MediaWorker({
      config,
      logger,
      onEvent: (legId, event) => this.#legs.get(legId)?.emit(event),
      onDeath: () => {
        for (const leg of this.#legs.values()) leg.workerDied();
      },
      ...(program && { program }),
    });
  }

  async createLeg(legId: string, options: LegMediaOptions = {}): Promise<LegMedia> {
    this.#assertOpen();
    if (this.#legs.has(legId)) throw new AppError('conflict', 'A leg of this id is open already.');
    const leg = new EmbeddedLeg(legId, this.#worker, () => this.#legs.delete(legId));
    this.#legs.set(legId, leg);
    try {
      await this.#worker.request('leg:create', { legId, ...options });
    } catch (error) {
      this.#legs.delete(legId);
      throw error;
    }
    return leg;
  }

  async createRoom(roomId: string): Promise<RoomMedia> {
    this.#assertOpen();
    if (this.#rooms.has(roomId)) throw new AppError('conflict', 'This room is open already.');
    const local = await this.#worker.request('room:create', { roomId });
    const room = new EmbeddedRoom(roomId, local, this.#worker, () => this.#rooms.delete(roomId));
    this.#rooms.set(roomId, room);
    return room;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const child of [...this.#legs.values(), ...this.#rooms.values()]) child.mediaClosed();
    this.#legs.clear();
    this.#rooms.clear();
    await this.#worker.close();
  }

  #assertOpen(): void {
    if (this.#closing) throw new AppError('media-unavailable', 'The media engine is closed.');
  }
}
