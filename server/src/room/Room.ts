import { EventEmitter } from 'node:events';
import { AppError, type LeaveReason, type ParticipantView } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { MediaProducer, MediaRouter } from '../sfu/Sfu.ts';
import { Absences } from './Absences.ts';
import { Audience } from './Audience.ts';
import { Door, type RoomSettings } from './Door.ts';
import type { Member, RoomListener } from './Member.ts';
import type { Participant } from './Participant.ts';
import { steppedQuality } from './quality.ts';
import type { RoomEvents } from './RoomEvents.ts';
import { RoomRecording } from './RoomRecording.ts';
import type { RoomOptions } from './RoomOptions.ts';
import { Roster } from './Roster.ts';
import { Sounds } from './Sounds.ts';

/**
 * A Meeting while it is live. It owns the router; members and listeners belong to their sessions,
 * and are told. It ends as the last one leaves it, lobby included, or when nobody holds it any more.
 */
export class Room {
  readonly meetingId: string;
  readonly router: MediaRouter;
  readonly events = new EventEmitter<RoomEvents>();
  readonly recorded: RoomRecording;
  readonly absences: Absences;
  readonly #logger: Logger;
  readonly #door: Door;
  readonly #audience: Audience;
  readonly #roster: Roster;
  readonly #sounds: Sounds;
  /** Those who are about to join. */
  readonly #holds = new Set<symbol>();
  #hadMembers = false;
  #closed = false;

  constructor(options: RoomOptions) {
    this.meetingId = options.meetingId;
    this.router = options.router;
    this.#door = new Door(options.memory);
    this.#logger = options.logger.child({ file: 'Room', meetingId: options.meetingId });
    this.#audience = new Audience(this.#logger);
    this.#roster = new Roster(this.#audience);
    this.#sounds = new Sounds(this.#roster, this.#audience.safely);
    this.recorded = new RoomRecording(this.#roster, this.#sounds, this.#audience, this.events);
    this.absences = new Absences({
      ...{ roster: this.#roster, sounds: this.#sounds, audience: this.#audience },
      ...{ door: this.#door, logger: this.#logger },
      leave: (participantId) => this.leave(participantId, 'connection-lost'),
    });
    this.events.on('told', () => this.#door.told());
    this.router.events.on('levels', (levels) => {
      const speakers = this.#sounds.speakers(levels);
      this.#audience.tell((listener) => listener.speakersChanged(speakers));
    });
    this.router.events.on('failed', () => this.close('media-failed'));
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** How many are in it; the lobby does not count. */
  get size(): number {
    return this.#roster.size - this.waiting;
  }

  /** How many are in the lobby. */
  get waiting(): number {
    return this.#roster.waiting().length;
  }

  /** Whether anybody is there, be it in the lobby. */
  get live(): boolean {
    return this.#roster.size > 0;
  }

  get recording(): boolean {
    return this.recorded.news.recording;
  }

  get locked(): boolean {
    return this.#door.locked;
  }

  /** What is decided there, for those who are about to come in. */
  get door(): Pick<
    Door,
    'settings' | 'holdsGuests' | 'check' | 'seatOf' | 'seatOfPhone' | 'awaits'
  > {
    return this.#door;
  }

  /** How many streams come in and go out. */
  get streams(): { producers: number; consumers: number } {
    return { producers: this.#sounds.size, consumers: this.#audience.streams };
  }

  has(participantId: string): boolean {
    return this.#roster.find(participantId) !== undefined;
  }

  /** Whoever is, or was before a lost connection, this participant. */
  whoIs(participantId: string): Participant | undefined {
    const participants = this.#roster.all().map(({ participant }) => participant);
    return participants.find(({ id, was }) => id === participantId || was === participantId);
  }

  /** Everybody, lobby included; with a listener, those that it sees. */
  participants(listener?: RoomListener): ParticipantView[] {
    return this.#roster.views(listener);
  }

  /** Ends it for everybody. Twice is silent. */
  close(reason: LeaveReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#logger.info({ reason }, 'close() | room closed');
    this.router.events.removeAllListeners();
    this.router.close();
    // Emptied first: who is told may call back.
    const [listeners, members] = [this.#audience.all(), this.#roster.all()];
    this.#roster.clear();
    this.#audience.clear();
    this.#sounds.clear();
    this.absences.close();
    this.#holds.clear();
    this.#audience.tellEach(listeners, (listener) => listener.roomClosed(reason));
    for (const member of members) {
      this.#door.left(member.participant, reason);
      member.removed(reason);
    }
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

  /** Starts telling a listener, and gives it all sounds that it may hear. */
  listen(listener: RoomListener): void {
    this.#mustBeOpen();
    // Before it hears: whoever was alone sends nothing to the SFU yet.
    this.#audience.add(listener);
    this.#sounds.listen(listener);
  }

  /** The listener wants no more; whoever came through it leaves. Unknown ones are ignored. */
  unlisten(listener: RoomListener, reason: LeaveReason): void {
    if (!this.#audience.delete(listener)) return;
    this.#sounds.unlisten(listener);
    for (const id of this.#sounds.guestsOf(listener)) this.returnSource(id, listener);
    for (const member of this.#roster.all()) {
      if (member.origin === listener) this.leave(member.participant.id, reason);
    }
    this.#closeIfUnused();
  }

  /** What the owner set, from now on; whoever waits for nothing any more is let in. */
  configure({ lobby, waitForHost, entry, consent, numberPrivacy }: RoomSettings): void {
    const settings = { lobby, waitForHost, entry, consent, numberPrivacy };
    if (JSON.stringify(settings) === JSON.stringify(this.#door.settings)) return;
    this.#door.settings = settings;
    this.recorded.policy = consent;
    this.#admitFree();
    this.#audience.tell((listener) => listener.settingsChanged());
  }

  /**
   * The one door: from here on the member is a participant, in the room or in its lobby, and everybody
   * knows who may. Errors: `meeting-locked`, `rate-limited`.
   */
  add(member: Member): void {
    this.#mustBeOpen();
    const { participant, origin } = member;
    this.#door.receive(member, this.waiting);
    this.recorded.enters(participant, this.#door.toldBefore(member));
    this.#roster.add(member);
    this.#hadMembers = true;
    const { id, kind, state } = participant;
    this.#logger.info({ participantId: id, kind, state }, 'add() | joined');
    const news = (listener: RoomListener): void => listener.participantJoined(participant.view());
    this.#audience.tellOf(member, news, origin);
    // What a gateway may hear follows from its phones.
    this.#sounds.route(origin);
    if (participant.waiting) this.#tellWaiting();
    else this.#entered(member);
  }

  /**
   * Out of the lobby: it hears and is heard from here on, and those who did not see it in the lobby see it
   * come. One who is in is ignored. Errors: `not-found`.
   */
  admit(participantId: string): void {
    const member = this.#roster.get(participantId);
    if (member.participant.waiting) this.#letIn([member]);
  }

  /** Gives how many there were. */
  admitAll(): number {
    const waiting = this.#roster.waiting();
    this.#letIn(waiting);
    return waiting.length;
  }

  /** A member goes by its own wish. Unknown ones are ignored. */
  leave(participantId: string, reason: LeaveReason): void {
    const member = this.#roster.find(participantId);
    if (member) this.#drop(member, reason, member.origin);
  }

  /** A member is put out by somebody else: its own connection is told as well. Errors: `not-found`. */
  remove(participantId: string, reason: LeaveReason): void {
    this.#drop(this.#roster.get(participantId), reason, undefined);
  }

  /**
   * The member's sound, from now on; a former one is closed. It may come in by another connection than
   * the member's own (`origin`), and bring a mute with it, which is as it was where the sound is refused.
   * Errors: `not-found`; `forbidden` in the lobby; `conflict` when it comes in by another, and this one is
   * the member's own.
   */
  async setSource(
    id: string,
    source: MediaProducer,
    { origin, muted }: { origin?: RoomListener; muted?: boolean } = {},
  ): Promise<void> {
    try {
      this.#sounds.place(this.#roster.get(id), source, origin);
    } catch (error) {
      source.close();
      throw error;
    }
    const member = this.#roster.get(id);
    if (muted !== undefined) this.#roster.update(member, { muted }, member.origin);
    // The mute may have been pressed while the producer was made.
    await source.setPaused(member.participant.silent);
  }

  /**
   * Its sound comes in by its own connection again; the other is told unless it is `by`. Who has lost their own leaves.
   * Errors: `not-found`.
   */
  returnSource(participantId: string, by?: RoomListener): void {
    this.#sounds.giveBack(this.#roster.get(participantId), by);
    if (this.absences.has(participantId)) this.leave(participantId, 'connection-lost');
  }

  /**
   * `by` is the connection that asked: it is not told, since its next wish may be under way already.
   * Errors: `not-found`.
   */
  async setMuted(participantId: string, muted: boolean, by?: RoomListener): Promise<void> {
    const member = this.#roster.get(participantId);
    this.#roster.update(member, { muted }, by);
    await this.#sounds.of(participantId)?.source.setPaused(member.participant.silent);
  }

  /** Everybody but the hosts. */
  async muteAll(): Promise<void> {
    await Promise.all(this.#roster.guests().map(({ id }) => this.setMuted(id, true)));
  }

  /** Silent when it is not muted. `by` is a host's name. Errors: `not-found`. */
  askUnmute(participantId: string, by: string): void {
    const member = this.#roster.get(participantId);
    if (!member.participant.muted) return;
    const asked = this.#sounds.waysOf(member);
    this.#audience.tellEach(asked, (listener) => listener.unmuteAsked(participantId, by));
  }

  /** As `setMuted()`. Errors: `not-found`. */
  setHandRaised(participantId: string, handRaised: boolean, by?: RoomListener): void {
    this.#roster.update(this.#roster.get(participantId), { handRaised }, by);
  }

  /** As `setMuted()`; the call that its sound comes by is on hold, or not any more. Errors: `not-found`. */
  setHeld(participantId: string, held: boolean, by?: RoomListener): void {
    this.#roster.update(this.#roster.get(participantId), { held }, by);
  }

  /** Errors: `not-found`. */
  rename(participantId: string, name: string): void {
    this.#roster.update(this.#roster.get(participantId), { name });
  }

  /** Of its sound to us, as a mean opinion score. A member that is gone is ignored. */
  setQuality(participantId: string, mos: number | null, by?: RoomListener): void {
    this.#roster.update(this.#roster.find(participantId), { quality: steppedQuality(mos) }, by);
  }

  /** The member's audio path is up. A member that is gone is ignored. */
  setJoined(participantId: string): void {
    this.#roster.update(this.#roster.find(participantId), { connected: true });
  }

  /** Whether anybody else than hosts may come in from now on. */
  setLocked(locked: boolean): void {
    if (this.#door.locked === locked) return;
    this.#door.locked = locked;
    this.#audience.tell((listener) => listener.lockedChanged(locked));
  }

  setRecording(recording: boolean): void {
    if (!this.#closed) this.recorded.set(recording);
  }

  /** Together: hundreds who waited are not told of each other one by one. */
  #letIn(members: Member[]): void {
    if (members.length === 0) return;
    const ids = members.map(({ participant }) => participant.id);
    this.#logger.info({ participantIds: ids }, 'letIn() | out of the lobby');
    this.#audience.tellLetIn(members, () => {
      for (const { participant } of members) this.recorded.letIn(participant);
    });
    this.#sounds.route();
    this.#tellWaiting();
    for (const member of members) this.#entered(member);
  }

  #entered(member: Member): void {
    // Its former connection, of whose loss we do not know yet.
    member.participant.was = this.#door.takesPlaceOf(member);
    const former = this.#roster.find(member.participant.was ?? '');
    if (former) this.#drop(former, 'connection-lost', undefined);
    const opens = this.#door.entered(member);
    this.events.emit('joined', member.participant);
    if (opens) this.#admitFree();
  }

  /** Those who wait, and need not any more. */
  #admitFree(): void {
    this.#letIn(this.#roster.waiting().filter((member) => !this.#door.holdsBack(member)));
    // A gateway without phones hears nothing while whoever comes must wait.
    this.#sounds.route();
  }

  #drop(member: Member, reason: LeaveReason, except: RoomListener | undefined): void {
    const { id: participantId, waiting } = member.participant;
    this.#roster.delete(participantId);
    this.absences.forget(participantId);
    this.#door.left(member.participant, reason);
    this.#logger.info({ participantId, reason }, 'drop() | left');
    const ways = this.#sounds.waysOf(member);
    this.#sounds.drop(participantId);
    const news = (listener: RoomListener): void => listener.participantLeft(participantId, reason);
    this.#audience.tellOf(member, news, except);
    // First, for its connection goes with it: without that one the room may close at once.
    this.events.emit('left', participantId, reason);
    member.removed(reason);
    for (const listener of ways) this.#sounds.route(listener);
    if (waiting) this.#tellWaiting();
    else if (this.size === 0 && this.live) this.events.emit('emptied');
    this.#closeIfUnused();
  }

  #tellWaiting(): void {
    const { waiting } = this;
    this.#audience.tell((listener) => listener.waitingChanged(waiting));
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new AppError('unavailable', 'The room has just closed; join again.');
  }

  #closeIfUnused(): void {
    if (this.#roster.size > 0 || this.#holds.size > 0) return;
    // A gateway opens a room before its first phone is in it, and does not keep it after the last.
    if (this.#hadMembers || this.#audience.size === 0) this.close('left');
  }
}
