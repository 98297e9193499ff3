import {
  AppError,
  type Consent,
  type ConsentPolicy,
  type GatewayConsumerCreated,
  type ParticipantView,
  type PausedBy,
  type RecordingStart,
  type RecordingView,
} from '@switchroom/protocol';
import { Comparison } from './Comparison.ts';
import { Recording } from './Recording.ts';
import type { RecordingOptions } from './RecordingOptions.ts';
import type { GatewaySocket } from './request.ts';
import { RoomLink } from './RoomLink.ts';
import type { OpenRtpSocket } from './RtpSocket.ts';

export interface SessionOptions extends Omit<RecordingOptions, 'now'> {
  signaling: GatewaySocket;
  /** ms, monotonic. */
  now: () => number;
  openSocket: OpenRtpSocket;
}

/** A Recording and the room it hears: what there is from `recording:start` to its seal. */
export class RecordingSession {
  readonly #recording: Recording;
  readonly #link: RoomLink;
  readonly #now: () => number;
  readonly #start: RecordingStart;
  readonly #comparison: Comparison;
  /** Who is there, as told since the room was opened. */
  #told = new Set<string>();
  #closed: Promise<void> | null = null;

  private constructor(recording: Recording, link: RoomLink, options: SessionOptions) {
    this.#recording = recording;
    this.#link = link;
    this.#now = options.now;
    this.#start = options.start;
    this.#comparison = new Comparison({ signaling: options.signaling, recording, link });
  }

  /** Opens the files; `link()` opens the room. Errors: those of `Recording.create()`. */
  static async open(options: SessionOptions): Promise<RecordingSession> {
    const { signaling, start, now, openSocket } = options;
    const recording = await Recording.create({ ...options, now: now() });
    const { meetingId } = start;
    const onPacket = recording.push.bind(recording);
    const link = new RoomLink({ meetingId, signaling, now, openSocket, onPacket });
    return new RecordingSession(recording, link, options);
  }

  get meetingId(): string {
    return this.#start.meetingId;
  }

  get recordingId(): string {
    return this.#start.recordingId;
  }

  /** By which it began, and which its manifest states. */
  get consent(): ConsentPolicy {
    return this.#start.consent ?? 'notice';
  }

  /** Whether it is being sealed, or is. */
  get closing(): boolean {
    return this.#closed !== null;
  }

  get view(): RecordingView {
    return this.#recording.view;
  }

  /** Opens the room, or opens it again after the signaling connection was lost. */
  async link(): Promise<void> {
    const told = new Set<string>();
    this.#told = told;
    await this.#link.open();
    // The server has told of everybody who is there, before it answered.
    this.#recording.onlyThere(told, this.#nowThatAllIsIn());
  }

  /** Asked to begin what runs already: takes over what is told with it. */
  async goOn({ consents = [], pausedBy }: RecordingStart): Promise<void> {
    this.told(consents);
    if (pausedBy !== undefined) await this.pause(pausedBy);
  }

  told(consents: readonly Consent[]): void {
    this.#recording.told(consents, this.#now());
  }

  async pause(by: PausedBy | null): Promise<void> {
    await this.#recording.pause(by, this.#nowThatAllIsIn());
  }

  async addConsumer(news: GatewayConsumerCreated): Promise<void> {
    if (this.#closed !== null) throw new AppError('conflict', 'The recording has ended.');
    await this.#recording.addTrack(news.participant, this.#now());
    // Only now: a packet that finds no track would be lost.
    this.#link.addConsumer(news);
  }

  removeConsumer(consumerId: string): void {
    this.#link.removeConsumer(consumerId);
  }

  participantJoined(participant: ParticipantView): void {
    this.#told.add(participant.id);
    const now = this.#now();
    this.#recording.participantJoined(participant, now);
    this.#states(participant, now);
  }

  participantUpdated(participant: ParticipantView): void {
    const now = this.#now();
    this.#states(participant, now);
    this.#recording.participantRenamed(participant.id, participant.name, now);
  }

  participantLeft(participantId: string): void {
    this.#recording.participantLeft(participantId, this.#nowThatAllIsIn());
  }

  serverLost(): void {
    this.#recording.serverLost(this.#now());
  }

  tick(now: number): void {
    this.#link.receive(now);
    this.#recording.tick(now);
    this.#link.tick(now);
    if (this.#closed === null) this.#comparison.tick(now);
  }

  /** Seals the recording, and lets go of the room. A second call gives the same promise. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Leaves nothing of a recording that never began. */
  async discard(): Promise<void> {
    this.#link.close();
    this.#closed ??= this.#recording.discard(this.#now());
    await this.#closed;
  }

  /** What came until now belongs to what was until now. */
  #nowThatAllIsIn(): number {
    const now = this.#now();
    this.#link.receive(now);
    return now;
  }

  #states({ id, muted, held }: ParticipantView, now: number): void {
    this.#recording.participantMuted(id, muted, now);
    this.#recording.participantHeld(id, held, now);
  }

  async #close(): Promise<void> {
    this.#link.close();
    const released = this.#link.release();
    try {
      await this.#recording.stop(this.#now());
    } finally {
      await released;
    }
  }
}
