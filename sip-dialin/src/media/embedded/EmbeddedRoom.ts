import { AppError } from '@switchroom/protocol';
import type { RoomMedia, RtpAddress, Sound } from '../PhoneMedia.ts';
import type { MediaWorker } from './worker/MediaWorker.ts';

/** The main thread's end of a room. */
export class EmbeddedRoom implements RoomMedia {
  readonly id: string;
  #local: RtpAddress;
  readonly #worker: MediaWorker;
  readonly #onClosed: () => void;
  #closed = false;

  constructor(id: string, local: RtpAddress, worker: MediaWorker, onClosed: () => void) {
    this.id = id;
    this.#local = local;
    this.#worker = worker;
    this.#onClosed = onClosed;
  }

  get local(): RtpAddress {
    return this.#local;
  }

  async connect(
    sfu: RtpAddress & { payloadType: number; audioLevelExtensionId: number },
  ): Promise<void> {
    if (this.#closed) throw new AppError('media-unavailable', 'The room is closed.');
    this.#local = await this.#worker.request('room:connect', { roomId: this.id, sfu });
  }

  setForwarding(forwarding: boolean): void {
    if (!this.#closed) this.#worker.tell('room:setForwarding', { roomId: this.id, forwarding });
  }

  addSource(ssrc: number): void {
    if (!this.#closed) this.#worker.tell('room:addSource', { roomId: this.id, ssrc });
  }

  removeSource(ssrc: number): void {
    if (!this.#closed) this.#worker.tell('room:removeSource', { roomId: this.id, ssrc });
  }

  async say(sound: Sound, as?: { legId: string }): Promise<void> {
    if (this.#closed) throw new AppError('media-unavailable', 'The room is closed.');
    await this.#worker.request('room:say', { roomId: this.id, sound, ...as });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.mediaClosed();
    // When the worker is gone, so is the room.
    await this.#worker.request('room:close', { roomId: this.id }).catch(() => undefined);
    this.#onClosed();
  }

  /** The engine is closing all. */
  mediaClosed(): void {
    this.#closed = true;
  }
}
