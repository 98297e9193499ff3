import { AppError } from '@switchroom/protocol';
import type { LegEvent, LegMedia, Sound } from '../PhoneMedia.ts';
import { LEG_CODECS, type LegCodec } from '../embedded/codecs/legCodecs.ts';
import type { SrtpPolicy } from '../sdp/crypto.ts';
import { Negotiation } from '../sdp/Negotiation.ts';
import type { FakeRoom } from './FakeRoom.ts';

export interface FakeLegDeps {
  promptsEnd: boolean;
  srtp: SrtpPolicy;
  roomOf: (roomId: string) => FakeRoom | undefined;
  onClosed: () => void;
}

export class FakeLeg implements LegMedia {
  readonly id: string;
  /** What was played, each call of `play` an entry. */
  readonly played: (readonly Sound[])[] = [];
  /** Whether what plays begins again until it is stopped. */
  looping = false;
  volumeDb = 0;
  /** What the next recording gives; no bytes when nothing is said. */
  recorded: Uint8Array = new Uint8Array(0);
  /** Where it is, once it has joined. */
  joined: { roomId: string; ssrc: number } | undefined;
  muted = false;
  closed = false;
  /** Ends the prompt that plays, if one does. */
  #endPrompt: ((how: 'finished' | 'stopped') => void) | undefined;
  #endRecording: (() => void) | undefined;
  #handler: ((event: LegEvent) => void) | undefined;
  readonly #negotiation: Negotiation<LegCodec>;
  readonly #deps: FakeLegDeps;

  constructor(id: string, port: number, deps: FakeLegDeps) {
    this.id = id;
    this.#negotiation = new Negotiation('127.0.0.1', port, LEG_CODECS, deps.srtp);
    this.#deps = deps;
  }

  get playing(): boolean {
    return this.#endPrompt !== undefined;
  }

  get recording(): boolean {
    return this.#endRecording !== undefined;
  }

  async answer(offer: string): Promise<string> {
    this.#assertOpen();
    return this.#negotiation.answer(offer);
  }

  async offer(): Promise<string> {
    this.#assertOpen();
    return this.#negotiation.offer();
  }

  async accept(answer: string): Promise<void> {
    this.#assertOpen();
    this.#negotiation.accept(answer);
  }

  async play(
    sounds: readonly Sound[],
    { loop = false }: { loop?: boolean } = {},
  ): Promise<'finished' | 'stopped'> {
    this.#assertOpen();
    this.stop();
    this.played.push([...sounds]);
    this.looping = loop;
    return new Promise((resolve) => {
      this.#endPrompt = resolve;
      if (this.#deps.promptsEnd && !loop) {
        setImmediate(() => {
          if (this.#endPrompt === resolve) this.finishPrompt();
        });
      }
    });
  }

  async record(maxMs: number): Promise<Uint8Array> {
    this.#assertOpen();
    if (this.joined) throw new AppError('conflict', 'A phone in a room is not recorded alone.');
    this.stop();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#recordingEnded(), maxMs);
      this.#endRecording = () => {
        clearTimeout(timer);
        resolve(this.recorded);
      };
    });
  }

  stop(): void {
    this.#promptEnded('stopped');
    this.#recordingEnded();
  }

  async join(roomId: string, ssrc: number): Promise<void> {
    this.#assertOpen();
    const room = this.#deps.roomOf(roomId);
    if (!room) throw new AppError('not-found', 'There is no such room.');
    this.stop();
    this.#leave();
    this.joined = { roomId, ssrc };
    room.legs.add(this);
  }

  leave(): void {
    if (this.closed) return;
    this.#recordingEnded();
    this.#leave();
  }

  setMuted(muted: boolean): void {
    this.muted = muted;
  }

  setVolume(db: number): void {
    this.volumeDb = db;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.stop();
    this.#leave();
    this.#handler = undefined;
    this.#deps.onClosed();
  }

  onEvent(handler: ((event: LegEvent) => void) | undefined): void {
    this.#handler = this.closed ? undefined : handler;
  }

  /** For tests: the caller presses these keys, one after the other. */
  press(keys: string): void {
    for (const key of keys) this.emit({ type: 'key', key });
  }

  /** For tests: something happens to the media. */
  emit(event: LegEvent): void {
    this.#handler?.(event);
  }

  /** For tests: the prompt has been heard to its end. */
  finishPrompt(): void {
    this.#promptEnded('finished');
  }

  /** Called by its room when that closes: the leg stays up. */
  roomClosed(): void {
    this.joined = undefined;
  }

  #promptEnded(how: 'finished' | 'stopped'): void {
    const end = this.#endPrompt;
    this.#endPrompt = undefined;
    end?.(how);
  }

  #recordingEnded(): void {
    const end = this.#endRecording;
    this.#endRecording = undefined;
    end?.();
  }

  #leave(): void {
    if (this.joined) this.#deps.roomOf(this.joined.roomId)?.legs.delete(this);
    this.joined = undefined;
  }

  #assertOpen(): void {
    if (this.closed) throw new AppError('media-unavailable', 'The leg is closed.');
  }
}
