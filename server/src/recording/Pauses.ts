import type { PausedBy } from '@switchroom/protocol';
import type { Database } from '../db/openDatabase.ts';

/** A pause outlives its room by so long: those who were in it come back into a recording that is paused still. */
export const PAUSE_KEPT_MS = 300_000;

interface Pause {
  readonly by: PausedBy;
  /** ms since 1970; while the room is there, for ever. */
  until: number;
}

/** Which meetings' recordings are paused; kept in the database, so that not even a crash ends a pause. */
export class Pauses {
  readonly #db: Database;
  readonly #now: () => number;
  /** By meeting. */
  readonly #pauses = new Map<string, Pause>();

  private constructor(db: Database, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  /** `now` is in ms since 1970. */
  static async open(db: Database, now: () => number = () => Date.now()): Promise<Pauses> {
    const pauses = new Pauses(db, now);
    for (const { meetingId, by, until } of await db.selectFrom('pauses').selectAll().execute()) {
      // Without an end, its room was there when the server was not any more.
      const ends = until === null ? now() + PAUSE_KEPT_MS : Date.parse(until);
      pauses.#pauses.set(meetingId, { by: JSON.parse(by) as PausedBy, until: ends });
    }
    return pauses;
  }

  /** Who paused it, while it is. */
  of(meetingId: string): PausedBy | undefined {
    const pause = this.#pauses.get(meetingId);
    return pause && pause.until >= this.#now() ? pause.by : undefined;
  }

  async set(meetingId: string, { kind, id, name }: PausedBy): Promise<void> {
    const by = { kind, id, name };
    this.#pauses.set(meetingId, { by, until: Infinity });
    await this.#db
      .insertInto('pauses')
      .values({ meetingId, by: JSON.stringify(by), until: null })
      .onConflict((conflict) => conflict.column('meetingId').doUpdateSet({ until: null }))
      .execute();
  }

  /** Silent when it is not paused. */
  async clear(meetingId: string): Promise<void> {
    if (!this.#pauses.delete(meetingId)) return;
    await this.#db.deleteFrom('pauses').where('meetingId', '=', meetingId).execute();
  }

  /** Its room is there (again). */
  async keep(meetingId: string): Promise<void> {
    const by = this.of(meetingId);
    if (by) await this.set(meetingId, by);
    else await this.clear(meetingId);
  }

  /** Its room is gone. */
  async roomClosed(meetingId: string): Promise<void> {
    const pause = this.#pauses.get(meetingId);
    if (!pause) return;
    pause.until = this.#now() + PAUSE_KEPT_MS;
    await this.#db
      .updateTable('pauses')
      .set({ until: new Date(pause.until).toISOString() })
      .where('meetingId', '=', meetingId)
      .execute();
  }
}
