import type { Database } from '../db/openDatabase.ts';
import { HOUR_MS, waitForSlot } from './waitForSlot.ts';

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

  /** How long until this meeting may begin one more, where all, and each, may so many an hour; ms, 0: now. */
  wait(meetingId: string, most: { all: number; meeting: number }): number {
    this.#forget();
    const now = this.#now();
    const ofMeeting = this.#begun.filter((call) => call.meetingId === meetingId);
    return Math.max(
      waitForSlot(this.#begun, most.all, now),
      waitForSlot(ofMeeting, most.meeting, now),
    );
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
