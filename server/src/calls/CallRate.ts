import type { Database } from '../db/openDatabase.ts';

const HOUR_MS = 3_600_000;

/**
 * The calls begun within the last hour, over all restarts. Counted in memory, so that of two that come at
 * once the second sees the first; the database remembers them for the next start, and no longer than an hour.
 */
export class CallRate {
  readonly #db: Database;
  readonly #now: () => number;
  #begun: { meetingId: string; at: number }[];

  private constructor(db: Database, now: () => number, begun: { meetingId: string; at: number }[]) {
    this.#db = db;
    this.#now = now;
    this.#begun = begun;
  }

  /** `now` is in ms since 1970. */
  static async open(db: Database, now: () => number): Promise<CallRate> {
    const rows = await db.selectFrom('begunCalls').selectAll().orderBy('begunAt').execute();
    const begun = rows.map(({ meetingId, begunAt }) => ({ meetingId, at: Date.parse(begunAt) }));
    return new CallRate(db, now, begun);
  }

  /** Of all meetings, and of this one. */
  count(meetingId: string): { all: number; meeting: number } {
    this.#forget();
    const ofMeeting = this.#begun.filter((call) => call.meetingId === meetingId);
    return { all: this.#begun.length, meeting: ofMeeting.length };
  }

  /** Counts at once; resolves when it is remembered. */
  async add(callId: string, meetingId: string): Promise<void> {
    const at = this.#now();
    this.#begun.push({ meetingId, at });
    const over = new Date(at - HOUR_MS).toISOString();
    await this.#db.deleteFrom('begunCalls').where('begunAt', '<=', over).execute();
    await this.#db
      .insertInto('begunCalls')
      .values({ id: callId, meetingId, begunAt: new Date(at).toISOString() })
      .execute();
  }

  #forget(): void {
    const over = this.#now() - HOUR_MS;
    this.#begun = this.#begun.filter(({ at }) => at > over);
  }
}
