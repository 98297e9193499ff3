import type {
  LeaveReason,
  ParticipantView,
  RecordingNews,
  RoomState,
  RtpCapabilities,
  Speaker,
} from '@switchroom/protocol';
import type { Logger } from 'pino';
import { ConsumerSet } from '../../room/ConsumerSet.ts';
import type { Member, RoomListener } from '../../room/Member.ts';
import type { Participant } from '../../room/Participant.ts';
import { mosOfScore } from '../../room/quality.ts';
import type { Room } from '../../room/Room.ts';
import type { MediaProducer, WebRtcTransport } from '../../sfu/Sfu.ts';
import type { MeetOutbox } from './MeetOutbox.ts';

export interface BrowserMemberOptions {
  participant: Participant;
  room: Room;
  outbox: MeetOutbox;
  send: WebRtcTransport;
  recv: WebRtcTransport;
  rtpCapabilities: RtpCapabilities;
  /** The seat that it says it had. */
  returnsTo?: string | undefined;
  /** The session that it is signed in by, as whoever it is. */
  signedInBy?: string | undefined;
  /** What the room is like for this listener, now. */
  stateOf: (member: BrowserMember) => RoomState;
  /** Called once, when it is out of the room for whatever reason. */
  onRemoved: () => void;
  logger: Logger;
}

/** A browser in a room: participant and listener in one. It owns its two transports. */
export class BrowserMember implements Member, RoomListener {
  readonly carries = 'browser';
  readonly participant: Participant;
  readonly room: Room;
  readonly send: WebRtcTransport;
  readonly recv: WebRtcTransport;
  readonly returnsTo: string | undefined;
  #signedInBy: string | undefined;
  readonly #outbox: MeetOutbox;
  readonly #consumers: ConsumerSet;
  readonly #stateOf: BrowserMemberOptions['stateOf'];
  readonly #onRemoved: () => void;

  constructor(options: BrowserMemberOptions) {
    const { participant, room, outbox, send, recv, rtpCapabilities } = options;
    this.participant = participant;
    this.room = room;
    this.send = send;
    this.recv = recv;
    this.#signedInBy = options.signedInBy;
    this.returnsTo = options.returnsTo;
    this.#outbox = outbox;
    this.#stateOf = options.stateOf;
    this.#onRemoved = options.onRemoved;
    this.#consumers = new ConsumerSet({
      consume: (source) => recv.consume(source, rtpCapabilities),
      announce: ({ id, producerId, rtpParameters }, { id: participantId }) =>
        outbox.offerConsumer({
          consumerId: id,
          producerId,
          participantId,
          kind: 'audio',
          rtpParameters,
        }),
      retract: (consumer) => outbox.tell('consumer:closed', { consumerId: consumer.id }),
      logger: options.logger,
    });
    this.#consumers.start();
    // Either way: who only listens never connects the one, who is alone never the other.
    for (const { events } of [send, recv]) {
      events.once('connected', () => room.setJoined(participant.id));
    }
  }

  get streams(): number {
    return this.#consumers.size;
  }

  get origin(): RoomListener {
    return this;
  }

  get inside(): boolean {
    return !this.participant.waiting;
  }

  get hosts(): boolean {
    return this.participant.role === 'host';
  }

  /** A session that had not ended when that was last looked at. */
  get signedInBy(): string | undefined {
    return this.#signedInBy;
  }

  get signedIn(): boolean {
    return this.#signedInBy !== undefined;
  }

  /** Whoever listens by phone does not in the browser, too. */
  get hears(): boolean {
    return this.participant.audio === 'browser';
  }

  /** What the room is like, as far as it may know. */
  get roomState(): RoomState {
    return this.#stateOf(this);
  }

  /** Enters the room, or its lobby, or comes back to where its participant stayed. Errors: `meeting-locked`; nothing is left then. */
  enter(): void {
    try {
      // Before it listens, for only then is it known whether it may hear; nothing comes in between.
      if (this.room.has(this.participant.id)) this.room.absences.end(this);
      else this.room.add(this);
      this.room.listen(this);
    } catch (error) {
      this.removed();
      throw error;
    }
  }

  /** The sound that it sends over its own transport, muted or not. Errors: as of `room.setSource()`. */
  async speak(source: MediaProducer, muted: boolean): Promise<void> {
    const { room, participant } = this;
    source.events.on('score', (score) => room.setQuality(participant.id, mosOfScore(score)));
    await room.setSource(participant.id, source, { muted });
  }

  /** The session has ended: it stays as anybody who has the link. */
  signedOut(): void {
    this.#signedInBy = undefined;
  }

  admitted(): void {
    this.#outbox.tell('room:admitted', this.roomState);
  }

  /** It leaves, or stays for its phone and is told nothing any more. */
  connectionLost(): void {
    this.room.absences.begin(this.participant.id);
    this.#closeTransports();
  }

  removed(): void {
    this.#closeTransports();
    this.room.unlisten(this, 'left');
    this.#onRemoved();
  }

  participantJoined(participant: ParticipantView): void {
    this.#outbox.tell('participant:joined', participant);
  }

  participantUpdated(participant: ParticipantView): void {
    this.#outbox.tell('participant:updated', participant);
  }

  participantLeft(participantId: string, reason: LeaveReason): void {
    this.#outbox.tell('participant:left', { participantId, reason });
  }

  unmuteAsked(_participantId: string, by: string): void {
    this.#outbox.tell('participant:unmuteAsked', { by });
  }

  sourceAdded(participant: Participant, source: MediaProducer): void {
    this.#consumers.add(participant, source);
  }

  sourceRemoved(source: MediaProducer): void {
    this.#consumers.remove(source);
  }

  /** Nobody else's sound comes in by a browser. */
  sourceReturned(): void {
    return;
  }

  /** A browser sends whoever hears it. */
  audienceChanged(): void {
    return;
  }

  speakersChanged(speakers: Speaker[]): void {
    this.#outbox.tell('room:speakers', { speakers });
  }

  recordingChanged(news: RecordingNews): void {
    this.#outbox.tell('recording:changed', news);
  }

  lockedChanged(locked: boolean): void {
    this.#outbox.tell('room:changed', { locked });
  }

  /** Hosts see those who wait. */
  waitingChanged(): void {
    return;
  }

  /** Settings are for those who set them. */
  settingsChanged(): void {
    return;
  }

  roomClosed(reason: LeaveReason): void {
    this.#outbox.tell('room:closed', { reason });
  }

  #closeTransports(): void {
    this.#consumers.transportClosed();
    for (const transport of [this.send, this.recv]) {
      transport.events.removeAllListeners();
      transport.close();
    }
  }
}
