import { AppError } from '@switchroom/protocol';
import type { LegEvent, LegMedia, Sound } from '../PhoneMedia.ts';
import type { MediaWorker } from './worker/MediaWorker.ts';

/** The main thread's end of a leg. */
export class EmbeddedLeg implements LegMedia {
  readonly id: string;
  readonly #worker: MediaWorker;
  readonly #onClosed: () => void;
  #handler: ((event: LegEvent) => void) | undefined;
  #closed = false;

  constructor(id: string, worker: MediaWorker, onClosed: () => void) {
    this.id = id;
    this.#worker = worker;
    this.#onClosed = onClosed;
  }

  async answer(sdp: string): Promise<string> {
    this.#assertOpen();
    return this.#worker.request('leg:answer', { legId: this.id, sdp });
  }

  async offer(): Promise<string> {
    this.#assertOpen();
    return this.#worker.request('leg:offer', { legId: this.id });
  }

  async accept(sdp: string): Promise<void> {
    this.#assertOpen();
    await this.#worker.request('leg:accept', { legId: this.id, sdp });
  }

  async play(
    sounds: readonly Sound[],
    { loop = false }: { loop?: boolean } = {},
  ): Promise<'finished' | 'stopped'> {
    this.#assertOpen();
    return this.#worker.request('leg:play', { legId: this.id, sounds, loop });
  }

  async record(maxMs: number): Promise<Uint8Array> {
    this.#assertOpen();
    return this.#worker.request('leg:record', { legId: this.id, maxMs });
  }

  stop(): void {
    if (!this.#closed) this.#worker.tell('leg:stop', { legId: this.id });
  }

  async join(roomId: string, ssrc: number): Promise<void> {
    this.#assertOpen();
    await this.#worker.request('leg:join', { legId: this.id, roomId, ssrc });
  }

  leave(): void {
    if (!this.#closed) this.#worker.tell('leg:leave', { legId: this.id });
  }

  setMuted(muted: boolean): void {
    if (!this.#closed) this.#worker.tell('leg:setMuted', { legId: this.id, muted });
  }

  setVolume(db: number): void {
    if (!this.#closed) this.#worker.tell('leg:setVolume', { legId: this.id, db });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.mediaClosed();
    // When the worker is gone, so is the leg.
    await this.#worker.request('leg:close', { legId: this.id }).catch(() => undefined);
    this.#onClosed();
  }

  onEvent(handler: ((event: LegEvent) => void) | undefined): void {
    this.#handler = this.#closed ? undefined : handler;
  }

  /** From the worker. */
  emit(event: LegEvent): void {
    this.#handler?.(event);
  }

  /** The engine is closing all. */
  mediaClosed(): void {
    this.#closed = true;
    this.#handler = undefined;
  }

  /** Its sockets are gone. Whoever holds the call must know: from here on it is silent for good. */
  workerDied(): void {
    this.emit({ type: 'mediaLost', silentMs: Infinity });
  }

  #assertOpen(): void {
    if (this.#closed) throw new AppError('media-unavailable', 'The leg is closed.');
  }
}
