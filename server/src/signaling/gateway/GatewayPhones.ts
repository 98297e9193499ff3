import {
  AppError,
  NUMBER_PRIVACIES,
  type NumberPrivacy,
  type ParticipantView,
  type Role,
  type Told,
} from '@switchroom/protocol';
import type { Logger } from 'pino';
import { phoneName, type PhoneCaller } from '../../meetings/phoneName.ts';
import type { RoomListener } from '../../room/Member.ts';
import { keyIn } from '../../room/keyIn.ts';
import { Participant } from '../../room/Participant.ts';
import type { Room } from '../../room/Room.ts';
import type { MediaProducer, PlainTransport } from '../../sfu/Sfu.ts';
import { PhoneMember, type LinkPhone } from './LinkPhone.ts';

export interface NewPhone {
  /** As others see it. */
  name: string;
  /** See `PhoneMember`. */
  caller?: PhoneCaller;
  ssrc: number;
  role?: Role | undefined;
  /** A host called it. */
  invited?: boolean;
  /** The participant that it was before the connection was lost. */
  returns?: string | undefined;
  told?: readonly Told[] | undefined;
}

/** A gateway's phones in one room. Those in the lobby have no producer: there is nothing that could be heard. */
export class GatewayPhones {
  readonly #room: Room;
  readonly #transport: PlainTransport;
  readonly #origin: RoomListener;
  readonly #logger: Logger;
  /** By participant. */
  readonly #phones = new Map<string, LinkPhone>();
  #closed = false;

  constructor(options: {
    room: Room;
    transport: PlainTransport;
    origin: RoomListener;
    logger: Logger;
  }) {
    this.#room = options.room;
    this.#transport = options.transport;
    this.#origin = options.origin;
    const { meetingId } = options.room;
    this.#logger = options.logger.child({ file: 'GatewayPhones', meetingId });
  }

  /** Whether any may hear: not while all are in the lobby, or while there is none and the next would be. */
  get hear(): boolean {
    const phones = [...this.#phones.values()];
    return phones.length === 0
      ? !this.#room.door.holdsGuests
      : phones.some(({ waiting }) => !waiting);
  }

  has(participantId: string): boolean {
    return this.#phones.has(participantId);
  }

  /** Errors: `not-found`. */
  get(participantId: string): LinkPhone {
    const phone = this.#phones.get(participantId);
    if (phone) return phone;
    throw new AppError('not-found', 'There is no such phone in the room.');
  }

  /** What a phone's caller is known again by in this meeting; '' for one whose number is withheld. Errors: `not-found`. */
  callerKey(participantId: string): string {
    const phone = this.get(participantId);
    return phone instanceof PhoneMember ? (phone.participant.knownBy[0] ?? '') : '';
  }

  /** A phone becomes a participant. Errors: `bad-request`, e.g. an SSRC that is in use; `meeting-locked`. */
  async add({
    name,
    caller,
    ssrc,
    role = 'participant',
    invited = false,
    returns,
    told = [],
  }: NewPhone): Promise<Participant> {
    // Its audio path has been up since the call was answered.
    const knownBy = this.#keysOf(caller?.number ?? '');
    const participant = new Participant({
      ...{ name, kind: 'phone', role, connected: true, knownBy, told },
    });
    const phone = new PhoneMember({
      participant,
      origin: this.#origin,
      ssrc,
      invited,
      returnsTo: returns === undefined ? undefined : this.#room.door.seatOfPhone(returns),
      caller,
      onAdmitted: () => this.#letIn(phone),
      onRemoved: () => this.#phones.delete(participant.id),
    });
    const waits = this.#room.door.check(phone);
    // Before it is in: a stream that cannot be made keeps it out.
    const source = waits ? undefined : await this.#produce(ssrc);
    try {
      this.#mustBeFree(ssrc);
      this.#phones.set(participant.id, phone);
      this.#room.add(phone);
    } catch (error) {
      source?.close();
      this.#phones.delete(participant.id);
      throw error;
    }
    // The door may have been opened or shut in between.
    if (participant.waiting) source?.close();
    else if (source) await this.#room.setSource(participant.id, source);
    else this.#letIn(phone);
    return participant;
  }

  /** See `GatewayLink.carry()`. */
  async carry(participantId: string, ssrc: number, onGone: () => void): Promise<ParticipantView> {
    const find = (): ParticipantView | undefined =>
      this.#room.participants().find(({ id }) => id === participantId);
    const source = await this.#produce(ssrc);
    const role = find()?.role ?? 'participant';
    const phone = { participantId, role, ssrc, waiting: false, carriesAnother: true, onGone };
    this.#phones.set(participantId, phone);
    try {
      await this.#room.setSource(participantId, source, { origin: this.#origin });
    } catch (error) {
      this.#phones.delete(participantId);
      throw error;
    }
    // The phone's path has been up since it was answered, whatever becomes of the browser's.
    this.#room.setJoined(participantId);
    const participant = find();
    if (participant) return participant;
    throw new AppError('not-found', 'There is no such participant in the room.');
  }

  /** It hung up. One that is unknown or has left, or has another SSRC than this, is ignored. */
  remove(participantId: string, ssrc?: number): void {
    const phone = this.#phones.get(participantId);
    // After "call me" and back and anew, the first phone may say late that it is gone.
    if (ssrc !== undefined && phone?.ssrc !== ssrc) return;
    if (phone?.carriesAnother === true) {
      this.forget(participantId);
      this.#room.returnSource(participantId, this.#origin);
    } else if (phone) {
      this.#room.leave(participantId, 'left');
    }
  }

  /** It is no phone of the room any more. Unknown ones are ignored. */
  forget(participantId: string): void {
    const phone = this.#phones.get(participantId);
    this.#phones.delete(participantId);
    phone?.onGone?.();
  }

  /** Numbers that are shown already are shown like this now, but no name that a host gave. */
  show(privacy: NumberPrivacy): void {
    for (const phone of this.#phones.values()) {
      if (!(phone instanceof PhoneMember) || phone.caller === undefined) continue;
      const { participant, caller } = phone;
      const shown = NUMBER_PRIVACIES.map((one) => phoneName(caller, one));
      if (!shown.includes(participant.name)) continue;
      this.#room.rename(participant.id, phoneName(caller, privacy));
    }
  }

  /** The transport is gone. */
  transportClosed(): void {
    this.#closed = true;
    for (const participantId of [...this.#phones.keys()]) this.forget(participantId);
  }

  async #produce(ssrc: number): Promise<MediaProducer> {
    this.#mustBeFree(ssrc);
    const source = await this.#transport.producePlain(ssrc);
    if (!this.#closed) return source;
    source.close();
    throw new AppError('unavailable', 'The room has just closed; join again.');
  }

  /** A phone in the lobby has no producer yet that would refuse a second one. */
  #mustBeFree(ssrc: number): void {
    const isTaken = [...this.#phones.values()].some((phone) => phone.ssrc === ssrc);
    if (isTaken) throw new AppError('bad-request', 'A stream with this SSRC cannot be made.');
  }

  /** Out of the lobby: only now there is something that could be heard. */
  #letIn({ participant, ssrc }: PhoneMember): void {
    const produce = async (): Promise<void> => {
      await this.#room.setSource(participant.id, await this.#transport.producePlain(ssrc));
    };
    produce().catch((error: unknown) => {
      if (!this.#room.has(participant.id)) return;
      this.#logger.warn({ err: error, participantId: participant.id }, 'letIn() | no sound');
      this.#room.remove(participant.id, 'media-failed');
    });
  }

  /** What a number is known again by in this meeting; nothing for one that is withheld. */
  #keysOf(number: string): string[] {
    return /\d/.test(number) ? [keyIn(this.#room.meetingId, `phone ${number}`)] : [];
  }
}
