import {
  AppError,
  type GatewayKind,
  type LeaveReason,
  type OpenedRoom,
  type ParticipantView,
  type Told,
} from '@switchroom/protocol';
import type { Logger } from 'pino';
import { ConsumerSet } from '../../room/ConsumerSet.ts';
import type { RoomListener } from '../../room/Member.ts';
import type { Participant } from '../../room/Participant.ts';
import type { Room } from '../../room/Room.ts';
import type { MediaProducer, PlainTransport } from '../../sfu/Sfu.ts';
import type { GatewayOutbox } from './GatewayOutbox.ts';
import { GatewayPhones, type NewPhone } from './GatewayPhones.ts';

/** A caller who keyed the PIN is in the room within this, or will not be. */
const PHONE_EXPECTED_MS = 10_000;

export interface GatewayLinkOptions {
  room: Room;
  kind: GatewayKind;
  transport: PlainTransport;
  outbox: GatewayOutbox;
  /** Called once, when the link is over for whatever reason. */
  onClosed: () => void;
  logger: Logger;
}

/** In packets. */
export interface SoundCounts {
  participantId: string;
  producerId: string;
  muted: boolean;
  produced: number;
  /** Of what was produced, by its numbers. */
  lost: number;
  /** Null when nothing forwards it. */
  consumerId: string | null;
  sent: number;
}

/** A gateway's tie to one room: its transport, what it receives over it, and its phones. */
export class GatewayLink implements RoomListener {
  readonly carries = 'phone';
  /** It is trusted with everything; what its phones may know is in its hands. */
  readonly inside = true;
  readonly hosts = false;
  readonly room: Room;
  readonly transport: PlainTransport;
  readonly #kind: GatewayKind;
  readonly #outbox: GatewayOutbox;
  readonly #consumers: ConsumerSet;
  readonly #phones: GatewayPhones;
  /** What it is to receive, whether it does or not. */
  readonly #sources = new Map<MediaProducer, Participant>();
  readonly #onClosed: () => void;
  #connectedTo: string | undefined;
  /** Whether the gateway believes that there are others. */
  #hasAudience = true;
  #release: (() => void) | undefined;
  #closed = false;

  constructor(options: GatewayLinkOptions) {
    const { room, transport, outbox } = options;
    this.room = room;
    this.#kind = options.kind;
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
    const { logger } = options;
    this.#phones = new GatewayPhones({ room, transport, origin: this, logger });
    room.listen(this);
    // What it keeps begins with how things are: who is there, muted or on hold.
    if (this.records) for (const one of room.participants(this)) this.participantJoined(one);
  }

  get streams(): number {
    return this.#consumers.size;
  }

  get records(): boolean {
    return this.#kind === 'recorder';
  }

  /** A recorder always does; phones only where they are let in. */
  get hears(): boolean {
    return this.#kind !== 'sip-dialin' || this.#phones.hear;
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

  /** What came in of each sound that it is to receive, and what went out to it. */
  async sounds(): Promise<SoundCounts[]> {
    const counting = [...this.#sources].map(async ([source, participant]) => {
      const consumer = this.#consumers.consumerOf(source);
      const [{ packets: produced, lost }, sent] = await Promise.all([
        source.counts(),
        consumer?.count() ?? 0,
      ]);
      // Whoever has yet to agree to be recorded is as good as muted.
      const { id: participantId, silent: muted } = participant;
      const consumerId = consumer?.id ?? null;
      return { participantId, producerId: source.id, muted, produced, lost, consumerId, sent };
    });
    return await Promise.all(counting);
  }

  /** Forwards a sound by a new consumer. One that it is not to receive is ignored. */
  forwardAnew(producerId: string): void {
    for (const [source, participant] of this.#sources) {
      if (source.id !== producerId) continue;
      this.#consumers.remove(source);
      this.#consumers.add(participant, source);
    }
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

  /**
   * A phone becomes a participant; its sound begins when it is not, or no longer, in the lobby.
   * Errors: `bad-request`, e.g. an SSRC that is in use; `meeting-locked`.
   */
  async addPhone(phone: NewPhone): Promise<ParticipantView> {
    const participant = await this.#expecting(() => this.#phones.add(phone));
    // A moderator wants to know who waits.
    if (participant.role === 'host') this.#tellRoom();
    return participant.view();
  }

  /**
   * The phone is where a participant talks and listens who came by another connection, until `removePhone`, or
   * until the sound is taken back: `onGone`. Errors: as `addPhone`, and `not-found`.
   */
  async carry(participantId: string, ssrc: number, onGone: () => void): Promise<ParticipantView> {
    return this.#expecting(() => this.#phones.carry(participantId, ssrc, onGone));
  }

  /** One of this gateway's own. Errors: `not-found`. */
  async setPhoneMuted(participantId: string, muted: boolean): Promise<void> {
    this.#phones.get(participantId);
    await this.room.setMuted(participantId, muted, this);
  }

  /** One of this gateway's own. Errors: `not-found`. */
  setPhoneHandRaised(participantId: string, handRaised: boolean): void {
    this.#phones.get(participantId);
    this.room.setHandRaised(participantId, handRaised, this);
  }

  /** One of this gateway's own, or whose sound it carries. Errors: `not-found`. */
  setPhoneHeld(participantId: string, held: boolean): void {
    this.#phones.get(participantId);
    this.room.setHeld(participantId, held, this);
  }

  /** One of this gateway's own, told at its pace. Errors: `not-found`. */
  setPhoneQuality(participantId: string, mos: number): void {
    this.#phones.get(participantId);
    this.room.setQuality(participantId, mos, this);
  }

  /** The caller of one of this gateway's own, or whose sound it carries. Errors: `not-found`. */
  async phoneTold(participantId: string, told: Told): Promise<void> {
    this.#phones.get(participantId);
    await this.room.recorded.told(participantId, told);
  }

  /** Errors: `not-found`; `forbidden` for one of this gateway's own that is no host. */
  mustHost(participantId: string): void {
    if (this.#phones.get(participantId).role === 'host') return;
    throw new AppError('forbidden', 'Only a moderator may do this.');
  }

  /** See `GatewayPhones.callerKey()`. */
  callerKey(participantId: string): string {
    return this.#phones.callerKey(participantId);
  }

  /** It hung up. One that is unknown or has left, or has another SSRC than this, is ignored. */
  removePhone(participantId: string, ssrc?: number): void {
    this.#phones.remove(participantId, ssrc);
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
    // Its owner has left, and whoever carried it is told by that.
    this.#phones.forget(participantId);
  }

  unmuteAsked(participantId: string): void {
    if (!this.#phones.has(participantId)) return;
    this.#outbox.tell('phone:unmuteAsked', { meetingId: this.room.meetingId, participantId });
  }

  sourceAdded(participant: Participant, source: MediaProducer): void {
    this.#sources.set(source, participant);
    this.#consumers.add(participant, source);
  }

  sourceRemoved(source: MediaProducer): void {
    this.#sources.delete(source);
    this.#consumers.remove(source);
  }

  /** Gateways have no use for it: nobody looks at a phone. */
  speakersChanged(): void {
    return;
  }

  audienceChanged(others: boolean): void {
    if (this.#kind !== 'sip-dialin' || others === this.#hasAudience) return;
    this.#hasAudience = others;
    this.#outbox.tell('room:audience', { meetingId: this.room.meetingId, others });
  }

  sourceReturned(participantId: string): void {
    this.#phones.forget(participantId);
  }

  recordingChanged(): void {
    this.#tellRoom();
  }

  lockedChanged(): void {
    this.#tellRoom();
  }

  waitingChanged(): void {
    this.#tellRoom();
  }

  settingsChanged(): void {
    this.#phones.show(this.room.door.settings.numberPrivacy);
  }

  #tellRoom(): void {
    if (this.#kind !== 'sip-dialin') return;
    const { meetingId, locked, waiting } = this.room;
    const { recording, paused } = this.room.recorded.news;
    this.#outbox.tell('room:changed', { meetingId, locked, recording, paused, waiting });
  }

  /** Keeps the room open while a phone comes in. */
  async #expecting<T>(enter: () => Promise<T>): Promise<T> {
    const letGo = this.room.hold();
    try {
      return await enter();
    } finally {
      letGo();
      this.#release?.();
    }
  }

  #end(): void {
    this.#closed = true;
    this.#consumers.transportClosed();
    this.#phones.transportClosed();
    this.transport.close();
    this.#release?.();
    this.#onClosed();
  }
}
