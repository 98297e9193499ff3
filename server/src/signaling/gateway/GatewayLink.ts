import {
  AppError,
  type LeaveReason,
  type NumberPrivacy,
  type OpenedRoom,
  type ParticipantView,
} from '@switchroom/protocol';
import type { Logger } from 'pino';
import { ConsumerSet } from '../../room/ConsumerSet.ts';
import type { Member, RoomListener } from '../../room/Member.ts';
import { Participant } from '../../room/Participant.ts';
import type { Room } from '../../room/Room.ts';
import type { MediaProducer, PlainTransport } from '../../sfu/Sfu.ts';
import type { GatewayOutbox } from './GatewayOutbox.ts';

/** A caller who keyed the PIN is in the room within this, or will not be. */
const PHONE_EXPECTED_MS = 10_000;

export interface GatewayLinkOptions {
  room: Room;
  /** Of the meeting. */
  numberPrivacy: NumberPrivacy;
  transport: PlainTransport;
  outbox: GatewayOutbox;
  /** Called once, when the link is over for whatever reason. */
  onClosed: () => void;
  logger: Logger;
}

/** A gateway's tie to one room: its transport, what it receives over it, and its phones. */
export class GatewayLink implements RoomListener {
  readonly room: Room;
  readonly transport: PlainTransport;
  readonly numberPrivacy: NumberPrivacy;
  readonly #outbox: GatewayOutbox;
  readonly #consumers: ConsumerSet;
  readonly #phones = new Set<string>();
  readonly #onClosed: () => void;
  #connectedTo: string | undefined;
  #release: (() => void) | undefined;
  #closed = false;

  constructor(options: GatewayLinkOptions) {
    const { room, transport, outbox } = options;
    this.room = room;
    this.numberPrivacy = options.numberPrivacy;
    this.transport = transport;
    this.#outbox = outbox;
    this.#onClosed = options.onClosed;
    this.#consumers = new ConsumerSet({
      consume: (source) => transport.consumePlain(source),
      announce: (consumer, { id, name, kind }) =>
        outbox.offerConsumer({
          meetingId: room.meetingId,
          transportId: transport.id,
          consumerId: consumer.id,
          participant: { id, name, kind },
          ssrc: consumer.ssrc,
          payloadType: consumer.payloadType,
        }),
      retract: ({ id }) =>
        outbox.tell('consumer:closed', { meetingId: room.meetingId, consumerId: id }),
      logger: options.logger,
    });
    room.listen(this);
  }

  get streams(): number {
    return this.#consumers.size;
  }

  get opened(): OpenedRoom {
    return { transportId: this.transport.id, ...this.transport.local };
  }

  /** Ends it from the gateway's side; its phones leave. Twice is silent. */
  close(reason: LeaveReason): void {
    if (this.#closed) return;
    this.room.unlisten(this, reason);
    this.#end();
  }

  roomClosed(reason: LeaveReason): void {
    if (this.#closed) return;
    this.#outbox.tell('room:closed', { meetingId: this.room.meetingId, reason });
    this.#end();
  }

  /** Keeps the room open for a while for a phone that is about to join. */
  expectPhone(): void {
    this.#release?.();
    const letGo = this.room.hold();
    const timer = setTimeout(() => this.#release?.(), PHONE_EXPECTED_MS);
    this.#release = () => {
      clearTimeout(timer);
      this.#release = undefined;
      letGo();
    };
  }

  /** Where the gateway's socket is; the same again is silent. Errors: `bad-request`. */
  async connect(ip: string, port: number): Promise<void> {
    const address = `${ip} ${port}`;
    if (this.#connectedTo === address) return;
    await this.transport.connect(ip, port);
    this.#connectedTo = address;
    this.#consumers.start();
  }

  /** A phone becomes a participant. Errors: `bad-request`, e.g. an SSRC that is in use. */
  async addPhone(name: string, ssrc: number): Promise<Participant> {
    const letGo = this.room.hold();
    try {
      const source = await this.transport.producePlain(ssrc);
      if (this.#closed) throw new AppError('unavailable', 'The room has just closed; join again.');
      const participant = new Participant({ name, kind: 'phone', role: 'participant' });
      // Its audio path has been up since the call was answered.
      participant.state = 'joined';
      this.room.add(this.#phone(participant));
      this.#phones.add(participant.id);
      await this.room.setSource(participant.id, source);
      return participant;
    } finally {
      letGo();
      this.#release?.();
    }
  }

  /** One of this gateway's own. Errors: `not-found`. */
  async setPhoneMuted(participantId: string, muted: boolean): Promise<void> {
    this.#mustHave(participantId);
    await this.room.setMuted(participantId, muted, this);
  }

  /** One of this gateway's own. Errors: `not-found`. */
  setPhoneHandRaised(participantId: string, handRaised: boolean): void {
    this.#mustHave(participantId);
    this.room.setHandRaised(participantId, handRaised, this);
  }

  /** It hung up. One that is unknown or has left is ignored. */
  removePhone(participantId: string): void {
    if (this.#phones.has(participantId)) this.room.leave(participantId, 'left');
  }

  participantJoined(participant: ParticipantView): void {
    this.#outbox.tell('participant:joined', { meetingId: this.room.meetingId, participant });
  }

  participantUpdated(participant: ParticipantView): void {
    this.#outbox.tell('participant:updated', { meetingId: this.room.meetingId, participant });
  }

  participantLeft(participantId: string, reason: LeaveReason): void {
    const { meetingId } = this.room;
    this.#outbox.tell('participant:left', { meetingId, participantId, reason });
  }

  sourceAdded(participant: Participant, source: MediaProducer): void {
    this.#consumers.add(participant, source);
  }

  sourceRemoved(source: MediaProducer): void {
    this.#consumers.remove(source);
  }

  /** Gateways have no use for it: nobody looks at a phone. */
  speakersChanged(): void {
    return;
  }

  /** The recorder knows, and phones hear an announcement in a later release. */
  recordingChanged(): void {
    return;
  }

  #mustHave(participantId: string): void {
    if (this.#phones.has(participantId)) return;
    throw new AppError('not-found', 'There is no such phone in the room.');
  }

  #phone(participant: Participant): Member {
    return {
      participant,
      origin: this,
      // The room closed its producer; the transport stays for the others.
      removed: () => void this.#phones.delete(participant.id),
    };
  }

  #end(): void {
    this.#closed = true;
    this.#consumers.transportClosed();
    this.#phones.clear();
    this.transport.close();
    this.#release?.();
    this.#onClosed();
  }
}
