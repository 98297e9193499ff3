import type { LeaveReason, ParticipantView, RtpCapabilities, Speaker } from '@switchroom/protocol';
import type { Logger } from 'pino';
import { ConsumerSet } from '../../room/ConsumerSet.ts';
import type { Member, RoomListener } from '../../room/Member.ts';
import type { Participant } from '../../room/Participant.ts';
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
  /** Called once, when it is out of the room for whatever reason. */
  onRemoved: () => void;
  logger: Logger;
}

/** A browser in a room: participant and listener in one. It owns its two transports. */
export class BrowserMember implements Member, RoomListener {
  readonly participant: Participant;
  readonly room: Room;
  readonly send: WebRtcTransport;
  readonly recv: WebRtcTransport;
  readonly #outbox: MeetOutbox;
  readonly #consumers: ConsumerSet;
  readonly #onRemoved: () => void;

  constructor(options: BrowserMemberOptions) {
    const { participant, room, outbox, send, recv, rtpCapabilities } = options;
    this.participant = participant;
    this.room = room;
    this.send = send;
    this.recv = recv;
    this.#outbox = outbox;
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

  /** Enters the room: news first, so that nothing is missed in between. */
  enter(): void {
    this.room.listen(this);
    this.room.add(this);
  }

  removed(): void {
    this.#consumers.transportClosed();
    for (const transport of [this.send, this.recv]) {
      transport.events.removeAllListeners();
      transport.close();
    }
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

  sourceAdded(participant: Participant, source: MediaProducer): void {
    this.#consumers.add(participant, source);
  }

  sourceRemoved(source: MediaProducer): void {
    this.#consumers.remove(source);
  }

  speakersChanged(speakers: Speaker[]): void {
    this.#outbox.tell('room:speakers', { speakers });
  }

  recordingChanged(recording: boolean): void {
    this.#outbox.tell('recording:changed', { recording });
  }

  roomClosed(reason: LeaveReason): void {
    this.#outbox.tell('room:closed', { reason });
  }
}
