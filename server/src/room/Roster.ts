import { AppError, type ParticipantView } from '@switchroom/protocol';
import { sees, type Audience } from './Audience.ts';
import type { Member, RoomListener } from './Member.ts';
import type { Participant } from './Participant.ts';

type Change = Partial<
  Pick<
    Participant,
    'name' | 'muted' | 'handRaised' | 'held' | 'connected' | 'audio' | 'quality' | 'consent'
  >
>;

/** The members of one room, lobby included; what changes about one is told. */
export class Roster {
  readonly #members = new Map<string, Member>();
  readonly #audience: Audience;

  constructor(audience: Audience) {
    this.#audience = audience;
  }

  /** Lobby included. */
  get size(): number {
    return this.#members.size;
  }

  all(): Member[] {
    return [...this.#members.values()];
  }

  /** Those in the lobby. */
  waiting(): Member[] {
    return this.all().filter(({ participant }) => participant.waiting);
  }

  /** Those who are no hosts. */
  guests(): Participant[] {
    const participants = this.all().map(({ participant }) => participant);
    return participants.filter(({ role }) => role !== 'host');
  }

  /** With a listener, those that it sees. */
  views(listener?: RoomListener): ParticipantView[] {
    return this.all()
      .filter((member) => !listener || sees(listener, member))
      .map(({ participant }) => participant.view());
  }

  find(participantId: string): Member | undefined {
    return this.#members.get(participantId);
  }

  /** Errors: `not-found`. */
  get(participantId: string): Member {
    const member = this.#members.get(participantId);
    if (member) return member;
    throw new AppError('not-found', 'There is no such participant in the room.');
  }

  add(member: Member): void {
    this.#members.set(member.participant.id, member);
  }

  delete(participantId: string): void {
    this.#members.delete(participantId);
  }

  clear(): void {
    this.#members.clear();
  }

  /** Tells those who see the member, but `except`, when there is something to be seen of the change; none is ignored. */
  update(member: Member | undefined, change: Change, except?: RoomListener): void {
    if (!member) return;
    const { participant } = member;
    const before = JSON.stringify(participant.view());
    Object.assign(participant, change);
    if (JSON.stringify(participant.view()) === before) return;
    const news = (listener: RoomListener): void => listener.participantUpdated(participant.view());
    this.#audience.tellOf(member, news, except);
  }
}
