import { AppError, type Speaker } from '@switchroom/protocol';
import type { MediaProducer, ProducerLevel } from '../sfu/Sfu.ts';
import type { Member, RoomListener } from './Member.ts';
import type { Participant } from './Participant.ts';
import type { Roster } from './Roster.ts';

interface Sound {
  readonly member: Member;
  readonly source: MediaProducer;
  /** By which connection it comes in; not always the member's own. */
  readonly origin: RoomListener;
}

/** The sounds of one room, and who hears which: the one place that decides it. */
export class Sounds {
  /** By participant. */
  readonly #sounds = new Map<string, Sound>();
  /** What each listener has been given. */
  readonly #given = new Map<RoomListener, Set<MediaProducer>>();
  /** Runs what a listener does; what it throws must not reach the others. */
  readonly #safely: (run: () => void) => void;

  readonly #roster: Roster;
  /** Whether one who records may have this one's sound. */
  mayBeRecorded: (participant: Participant) => boolean = () => true;

  constructor(roster: Roster, safely: (run: () => void) => void) {
    this.#roster = roster;
    this.#safely = safely;
  }

  get size(): number {
    return this.#sounds.size;
  }

  of(participantId: string): Sound | undefined {
    return this.#sounds.get(participantId);
  }

  /** Levels of producers as those of participants; of unknown producers they are left out. */
  speakers(levels: ProducerLevel[]): Speaker[] {
    return levels.flatMap(({ producerId, level }) => {
      for (const [participantId, { source }] of this.#sounds) {
        if (source.id === producerId) return [{ participantId, level }];
      }
      return [];
    });
  }

  /** Those whose sound comes in by this connection, though they themselves did not. */
  guestsOf(origin: RoomListener): string[] {
    return [...this.#sounds]
      .filter(([, sound]) => sound.origin === origin && sound.member.origin !== origin)
      .map(([participantId]) => participantId);
  }

  /** Both connections of a member: its own, and the one that its sound comes by. */
  waysOf({ participant, origin }: Member): Set<RoomListener> {
    return new Set([origin, this.#sounds.get(participant.id)?.origin ?? origin]);
  }

  /** Whether its sound comes by another connection than its own. */
  isElsewhere({ participant, origin }: Member): boolean {
    return (this.#sounds.get(participant.id)?.origin ?? origin) !== origin;
  }

  /** Its participant comes by this member's connection from now on; its sound as before. */
  replace(member: Member): void {
    const { id } = member.participant;
    const sound = this.#sounds.get(id);
    if (sound) this.#sounds.set(id, { ...sound, member });
  }

  listen(listener: RoomListener): void {
    this.#given.set(listener, new Set());
    this.route(listener);
  }

  unlisten(listener: RoomListener): void {
    this.#given.delete(listener);
  }

  /** In the place of a former one, which is closed. Errors: `forbidden`, `conflict`. */
  place(member: Member, source: MediaProducer, origin = member.origin): void {
    const { id, waiting } = member.participant;
    if (waiting) throw new AppError('forbidden', 'Wait until a host lets you in.');
    const former = this.#sounds.get(id)?.origin ?? origin;
    if (former !== origin && origin === member.origin) {
      throw new AppError('conflict', 'Your sound is on the phone; take it back first.');
    }
    this.#roster.update(member, { audio: origin.carries, quality: null });
    this.drop(id);
    const sound = { member, source, origin };
    this.#sounds.set(id, sound);
    for (const [listener, given] of this.#given) {
      if (this.#hears(listener, sound)) this.#give(listener, given, sound);
    }
    // One whose sound went elsewhere hears there, and here no more.
    for (const listener of new Set([member.origin, origin])) this.route(listener);
  }

  /** What comes in by another connection than the member's is dropped; that one is told unless it is `by`. */
  giveBack(member: Member, by?: RoomListener): void {
    const { id } = member.participant;
    const origin = this.#sounds.get(id)?.origin;
    if (!origin || origin === member.origin) return;
    this.drop(id);
    // The call that was on hold is not its own any more.
    const change = { audio: member.origin.carries, quality: null, held: false };
    this.#roster.update(member, change, by);
    if (origin !== by) this.#safely(() => origin.sourceReturned(id));
    this.route(member.origin);
    this.route(origin);
  }

  /** It is closed. Without one it is silent. */
  drop(participantId: string): void {
    const sound = this.#sounds.get(participantId);
    if (!sound) return;
    this.#sounds.delete(participantId);
    for (const [listener, given] of this.#given) this.#take(listener, given, sound);
    sound.source.close();
  }

  /**
   * To be called whenever something changed that decides what this listener hears, or with none, who hears
   * whom at all. One that does not listen is ignored.
   */
  route(listener?: RoomListener): void {
    for (const one of listener ? [listener] : this.#given.keys()) {
      const given = this.#given.get(one);
      if (!given) continue;
      for (const sound of this.#sounds.values()) {
        if (this.#hears(one, sound)) this.#give(one, given, sound);
        else this.#take(one, given, sound);
      }
    }
  }

  clear(): void {
    this.#sounds.clear();
    this.#given.clear();
  }

  #hears(listener: RoomListener, sound: Sound): boolean {
    const { participant } = sound.member;
    return hears(listener, sound) && (!listener.records || this.mayBeRecorded(participant));
  }

  #give(listener: RoomListener, given: Set<MediaProducer>, { source, member }: Sound): void {
    if (given.has(source)) return;
    given.add(source);
    this.#safely(() => listener.sourceAdded(member.participant, source));
  }

  #take(listener: RoomListener, given: Set<MediaProducer>, { source }: Sound): void {
    if (given.delete(source)) this.#safely(() => listener.sourceRemoved(source));
  }
}

/** Nobody hears the lobby, and the lobby nobody; no connection gets back what came in by it. */
function hears(listener: RoomListener, { member, origin }: Sound): boolean {
  if (!listener.inside || !listener.hears || member.participant.waiting) return false;
  return listener !== origin && listener !== member.origin;
}
