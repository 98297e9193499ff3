import type { Logger } from 'pino';
import type { Member, RoomListener } from './Member.ts';

type News = (listener: RoomListener) => void;

/** Those who are told what goes on in one room, each what it may know. */
export class Audience {
  readonly #listeners = new Set<RoomListener>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get size(): number {
    return this.#listeners.size;
  }

  /** How many sounds they receive together. */
  get streams(): number {
    return this.all().reduce((sum, { streams }) => sum + streams, 0);
  }

  all(): RoomListener[] {
    return [...this.#listeners];
  }

  /** All are told whether there are others than themselves. */
  add(listener: RoomListener): void {
    this.#listeners.add(listener);
    this.#tellOfOthers();
  }

  /** As `add()`. False when it was none. */
  delete(listener: RoomListener): boolean {
    const wasThere = this.#listeners.delete(listener);
    if (wasThere) this.#tellOfOthers();
    return wasThere;
  }

  clear(): void {
    this.#listeners.clear();
  }

  /** Those who see this member now. */
  of(member: Member): RoomListener[] {
    return this.all().filter((listener) => sees(listener, member));
  }

  /** News of a member, to all who see it but one. */
  tellOf(member: Member, news: News, except?: RoomListener): void {
    this.tellEach(
      this.of(member).filter((listener) => listener !== except),
      news,
    );
  }

  /**
   * The members come out of the lobby by `letIn`, and are told. Who saw one there sees it change, all others see it
   * come, but those who come with it: they have been told of everybody.
   */
  tellLetIn(members: Member[], letIn: () => void): void {
    const saw = new Map(members.map((member) => [member, new Set(this.of(member))]));
    const outside = new Set(this.all().filter(({ inside }) => !inside));
    letIn();
    for (const member of members) this.safely(() => member.admitted());
    for (const member of members) {
      const view = member.participant.view();
      this.tellOf(member, (listener) => {
        if (saw.get(member)?.has(listener)) listener.participantUpdated(view);
        else if (!outside.has(listener)) listener.participantJoined(view);
      });
    }
  }

  /** News of the room, to all who are in it. */
  tell(news: News): void {
    this.tellEach(
      this.all().filter(({ inside }) => inside),
      news,
    );
  }

  tellEach(listeners: Iterable<RoomListener>, news: News): void {
    for (const listener of listeners) this.safely(() => news(listener));
  }

  /** A listener that throws does not keep the others from hearing. */
  readonly safely = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      this.#logger.error({ err: error }, 'tell() | a listener failed');
    }
  };

  #tellOfOthers(): void {
    const others = this.size > 1;
    this.tellEach(this.all(), (listener) => listener.audienceChanged(others));
  }
}

/** Of the lobby only hosts do, and the connection that the member came through. */
export function sees(listener: RoomListener, { participant, origin }: Member): boolean {
  if (listener === origin) return true;
  return listener.inside && (!participant.waiting || listener.hosts);
}
