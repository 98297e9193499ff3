import type { RoomNews } from './MeetingRooms.ts';

/** How long a room that was opened anew may be without the recording that it had. */
export const RECORDED_AGAIN_MS = 10_000;

/**
 * What the phones of a room know of it. After the server was away the recording begins anew a moment after the
 * phones are back: they have heard of it, and are not told that it ended and began, unless it stays away.
 */
export class LatestNews {
  readonly #tell: (news: RoomNews) => void;
  #known: RoomNews = { recording: false, paused: false, waiting: 0 };
  /** What is so, while the phones go by what was. */
  #heldBack: RoomNews | undefined;
  #timer: NodeJS.Timeout | undefined;
  #updates = 0;

  /** `tell` is called with whatever the phones do not know yet. */
  constructor(tell: (news: RoomNews) => void) {
    this.#tell = tell;
  }

  get known(): RoomNews {
    return this.#known;
  }

  /** For what is asked of the server now: takes its answer, unless there was news meanwhile, which is newer. */
  ask(): (answer: Partial<RoomNews>) => void {
    const before = this.#updates;
    return (answer) => {
      if (before === this.#updates) this.update(answer);
    };
  }

  update(changes: Partial<RoomNews>): void {
    this.#updates += 1;
    const news = { ...this.#known, ...this.#heldBack, ...changes };
    if (this.#timer === undefined || news.recording) {
      this.close();
      this.#learn(news);
      return;
    }
    this.#heldBack = news;
    const { recording, paused } = this.#known;
    this.#learn({ ...news, recording, paused });
  }

  /** The server is away: the next news are those of a room that was opened anew. */
  serverLost(): void {
    if (!this.#known.recording) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#heldBack) this.update({});
    }, RECORDED_AGAIN_MS);
  }

  /** Nothing is told any more of what was held back. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#heldBack = undefined;
  }

  #learn(news: RoomNews): void {
    if (JSON.stringify(news) === JSON.stringify(this.#known)) return;
    this.#known = news;
    this.#tell(news);
  }
}
