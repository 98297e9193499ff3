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

/**
 * The embedded engine: a worker thread with all sockets, codecs and mixers; this only asks it. When
 * the thread dies another takes its place, for new calls: those it had are lost with its sockets.
 */
export class EmbeddedPhoneMedia implements PhoneMedia {
  readonly #options: EmbeddedPhoneMediaOptions;
  #worker: MediaWorker;
  readonly #legs = new Map<string, EmbeddedLeg>();
  readonly #rooms = new Map<string, EmbeddedRoom>();
  #closing: Promise<void> | undefined;

  constructor(options: EmbeddedPhoneMediaOptions) {
    this.#options = options;
    this.#worker = this.#startWorker();
  }

  async createLeg(legId: string, options: LegMediaOptions = {}): Promise<LegMedia> {
    this.#assertOpen();
    const worker = this.#livingWorker();
    if (this.#legs.has(legId)) throw new AppError('conflict', 'A leg of this id is open already.');
    const leg = new EmbeddedLeg(legId, worker, () => this.#forget(this.#legs, leg));
    this.#legs.set(legId, leg);
    try {
      await worker.request('leg:create', { legId, ...options });
    } catch (error) {
      this.#forget(this.#legs, leg);
      throw error;
    }
    return leg;
  }

  async createRoom(roomId: string): Promise<RoomMedia> {
    this.#assertOpen();
    if (this.#rooms.has(roomId)) throw new AppError('conflict', 'This room is open already.');
    const worker = this.#livingWorker();
    const local = await worker.request('room:create', { roomId });
    const room = new EmbeddedRoom(roomId, local, worker, () => this.#forget(this.#rooms, room));
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

  /** One that died before it did anything is started again by the next call, or it would go on for ever. */
  #workerDied({ hasServed }: MediaWorker): void {
    if (this.#closing) return;
    const lost = [...this.#legs.values()];
    this.#legs.clear();
    this.#rooms.clear();
    if (hasServed) this.#worker = this.#startWorker();
    for (const leg of lost) leg.workerDied();
  }

  #livingWorker(): MediaWorker {
    if (this.#worker.ended) this.#worker = this.#startWorker();
    return this.#worker;
  }

  #startWorker(): MediaWorker {
    const { logger, program, ...config } = this.#options;
    return new MediaWorker({
      config,
      logger,
      onEvent: (legId, event) => this.#legs.get(legId)?.emit(event),
      onDeath: (worker) => this.#workerDied(worker),
      ...(program && { program }),
    });
  }

  /** Its id may have been taken by another meanwhile. */
  #forget<T extends { id: string }>(all: Map<string, T>, child: T): void {
    if (all.get(child.id) === child) all.delete(child.id);
  }

  #assertOpen(): void {
    if (this.#closing) throw new AppError('media-unavailable', 'The media engine is closed.');
  }
}
