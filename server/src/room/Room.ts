import { EventEmitter } from 'node:events';
import { AppError, type LeaveReason, type ParticipantView } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { MediaProducer, MediaRouter, ProducerLevel } from '../sfu/Sfu.ts';
import type { Member, RoomListener } from './Member.ts';
import type { Participant } from './Participant.ts';

export interface RoomEvents {
  /** Somebody is in it who was not: the first one starts what starts with a room. */
  joined: [Participant];
  /** It is gone; the last event. */
  closed: [LeaveReason];
}

/**
 * A Meeting while it is live. It owns the router; members and listeners belong to their sessions,
 * and are told. It ends as its last participant leaves, or when nobody holds it any more.
 */
export class Room {
  readonly meetingId: string;
  readonly router: MediaRouter;
  readonly events = new EventEmitter<RoomEvents>();
  readonly #logger: Logger;
  readonly #members = new Map<string, Member>();
  readonly #listeners = new Set<RoomListener>();
  /** By participant. */
  readonly #sources = new Map<string, MediaProducer>();
  /** Those who are about to join. */
  readonly #holds = new Set<symbol>();
  #hadMembers = false;
  #recording = false;
  #closed = false;

  constructor(options: { meetingId: string; router: MediaRouter; logger: Logger }) {
    this.meetingId = options.meetingId;
    this.router = options.router;
    this.#logger = options.logger.child({ file: 'Room', meetingId: options.meetingId });
    this.router.events.on('levels', (levels) => this.#tellSpeakers(levels));
    this.router.events.on('failed', () => this.close('media-failed'));
  }

  get closed(): boolean {
    return this.#closed;
  }

  get size(): number {
    return this.#members.size;
  }

  get recording(): boolean {
    return this.#recording;
  }

  /** How many streams come in and go out. */
  get streams(): { producers: number; consumers: number } {
    let consumers = 0;
    for (const listener of this.#listeners) consumers += listener.streams;
    return { producers: this.#sources.size, consumers };
  }

  participants(): ParticipantView[] {
    return [...this.#members.values()].map(({ participant }) => participant.view());
  }

  /** Ends it for everybody. Twice is silent. */
  close(reason: LeaveReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#logger.info({ reason }, 'close() | room closed');
    this.router.events.removeAllListeners();
    this.router.close();
    // Emptied first: who is told may call back.
    const [listeners, members] = [[...this.#listeners], [...this.#members.values()]];
    this.#members.clear();
    this.#listeners.clear();
    this.#sources.clear();
    this.#holds.clear();
    this.#tellAll(listeners, (listener) => listener.roomClosed(reason));
    for (const member of members) member.removed(reason);
    this.events.emit('closed', reason);
    this.events.removeAllListeners();
  }

  /**
   * Keeps the room open for one who is about to enter; the function that it gives lets go.
   * Errors: `unavailable` when it has just closed.
   */
  hold(): () => void {
    this.#mustBeOpen();
    const hold = Symbol('hold');
    this.#holds.add(hold);
    return () => {
      this.#holds.delete(hold);
      this.#closeIfUnused();
    };
  }

  /** Starts telling a listener, and gives it all sounds that there are. */
  listen(listener: RoomListener): void {
    this.#mustBeOpen();
    this.#listeners.add(listener);
    for (const [participantId, source] of this.#sources) {
      const member = this.#members.get(participantId);
      if (member && member.origin !== listener) listener.sourceAdded(member.participant, source);
    }
  }

  /** The listener wants no more; whoever came through it leaves. Unknown ones are ignored. */
  unlisten(listener: RoomListener, reason: LeaveReason): void {
    if (!this.#listeners.delete(listener)) return;
    for (const member of [...this.#members.values()]) {
      if (member.origin === listener) this.leave(member.participant.id, reason);
    }
    this.#closeIfUnused();
  }

  /** The one door: from here on the member is a participant and everybody knows. */
  add(member: Member): void {
    this.#mustBeOpen();
    const { participant, origin } = member;
    this.#members.set(participant.id, member);
    this.#hadMembers = true;
    this.#logger.info({ participantId: participant.id, kind: participant.kind }, 'add() | joined');
    this.#tell((listener) => listener.participantJoined(participant.view()), origin);
    this.events.emit('joined', participant);
  }

  /** A member goes by its own wish. Unknown ones are ignored. */
  leave(participantId: string, reason: LeaveReason): void {
    this.#drop(participantId, reason, this.#members.get(participantId)?.origin);
  }

  /** A member is put out by somebody else: its own connection is told as well. */
  remove(participantId: string, reason: LeaveReason): void {
    this.#drop(participantId, reason, undefined);
  }

  /** The member's sound, from now on; a former one is closed. Errors: `not-found`. */
  async setSource(participantId: string, source: MediaProducer): Promise<void> {
    const member = this.#members.get(participantId);
    if (!member) {
      source.close();
      throw new AppError('not-found', 'There is no such participant in the room.');
    }
    this.#dropSource(participantId);
    this.#sources.set(participantId, source);
    this.#tell((listener) => listener.sourceAdded(member.participant, source), member.origin);
    // The mute may have been pressed while the producer was made.
    await source.setPaused(member.participant.muted);
  }

  /**
   * `by` is the connection that asked: it is not told, since its next wish may be under way already.
   * Errors: `not-found`.
   */
  async setMuted(participantId: string, muted: boolean, by?: RoomListener): Promise<void> {
    this.#update(participantId, { muted }, by);
    await this.#sources.get(participantId)?.setPaused(muted);
  }

  /** As `setMuted()`. Errors: `not-found`. */
  setHandRaised(participantId: string, handRaised: boolean, by?: RoomListener): void {
    this.#update(participantId, { handRaised }, by);
  }

  /** The member's audio path is up. A member that is gone is ignored. */
  setJoined(participantId: string): void {
    if (this.#members.has(participantId)) this.#update(participantId, { state: 'joined' });
  }

  setRecording(recording: boolean): void {
    if (this.#closed || this.#recording === recording) return;
    this.#recording = recording;
    this.#tell((listener) => listener.recordingChanged(recording));
  }

  #update(
    participantId: string,
    change: Partial<Pick<Participant, 'muted' | 'handRaised' | 'state'>>,
    except?: RoomListener,
  ): void {
    const participant = this.#members.get(participantId)?.participant;
    if (!participant) throw new AppError('not-found', 'There is no such participant in the room.');
    const before = JSON.stringify(participant.view());
    Object.assign(participant, change);
    if (JSON.stringify(participant.view()) === before) return;
    this.#tell((listener) => listener.participantUpdated(participant.view()), except);
  }

  #drop(participantId: string, reason: LeaveReason, except: RoomListener | undefined): void {
    const member = this.#members.get(participantId);
    if (!member) return;
    this.#members.delete(participantId);
    this.#logger.info({ participantId, reason }, 'drop() | left');
    this.#dropSource(participantId);
    this.#tell((listener) => listener.participantLeft(participantId, reason), except);
    member.removed(reason);
    this.#closeIfUnused();
  }

  #dropSource(participantId: string): void {
    const source = this.#sources.get(participantId);
    if (!source) return;
    this.#sources.delete(participantId);
    this.#tell((listener) => listener.sourceRemoved(source));
    source.close();
  }

  #tellSpeakers(levels: ProducerLevel[]): void {
    const speakers = levels.flatMap(({ producerId, level }) => {
      for (const [participantId, source] of this.#sources) {
        if (source.id === producerId) return [{ participantId, level }];
      }
      return [];
    });
    this.#tell((listener) => listener.speakersChanged(speakers));
  }

  #tell(news: (listener: RoomListener) => void, except?: RoomListener): void {
    this.#tellAll(
      [...this.#listeners].filter((listener) => listener !== except),
      news,
    );
  }

  /** A listener that throws does not keep the others from hearing. */
  #tellAll(listeners: RoomListener[], news: (listener: RoomListener) => void): void {
    for (const listener of listeners) {
      try {
        news(listener);
      } catch (error) {
        this.#logger.error({ err: error }, 'tell() | a listener failed');
      }
    }
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new AppError('unavailable', 'The room has just closed; join again.');
  }

  #closeIfUnused(): void {
    if (this.#members.size > 0 || this.#holds.size > 0) return;
    // A gateway opens a room before its first phone is in it, and does not keep it after the last.
    if (this.#hadMembers || this.#listeners.size === 0) this.close('left');
  }
}
