import type { Database } from '../db/openDatabase.ts';

/** A note outlives its room by so long: who was in it comes back to what was decided there, ms. */
export const NOTE_KEPT_MS = 300_000;

export type NoteKind = 'pause' | 'wish';

interface Note<T> {
  readonly value: T;
  /** ms since 1970; while the room is there, for ever. */
  until: number;
}

/**
 * What was decided by hand of the recordings of live meetings, of one kind; kept in the database, so that not even a
 * crash takes it back.
 */
export class RecordingNotes<T extends object> {
  readonly #db: Database;
  readonly #kind: NoteKind;
  readonly #now: () => number;
  /** By meeting. */
  readonly #notes = new Map<string, Note<T>>();

  private constructor(db: Database, kind: NoteKind, now: () => number) {
    this.#db = db;
    this.#kind = kind;
    this.#now = now;
  }

  /** `now` is in ms since 1970. */
  static async open<T extends object>(
    db: Database,
    kind: NoteKind,
    now: () => number = () => Date.now(),
  ): Promise<RecordingNotes<T>> {
    const notes = new RecordingNotes<T>(db, kind, now);
    const ofKind = db.selectFrom('recordingNotes').selectAll().where('kind', '=', kind);
    for (const { meetingId, value, until } of await ofKind.execute()) {
      const ends = until === null ? Infinity : Date.parse(until);
      notes.#notes.set(meetingId, { value: JSON.parse(value) as T, until: ends });
      // Without an end, its room was there when the server was not any more.
      if (until === null) await notes.roomClosed(meetingId);
    }
    return notes;
  }

  /** While it counts. */
  of(meetingId: string): T | undefined {
    const note = this.#notes.get(meetingId);
    return note && note.until >= this.#now() ? note.value : undefined;
  }

  async set(meetingId: string, note: T): Promise<void> {
    this.#notes.set(meetingId, { value: note, until: Infinity });
    const value = JSON.stringify(note);
    await this.#db
      .insertInto('recordingNotes')
      .values({ meetingId, kind: this.#kind, value, until: null })
      .onConflict((conflict) =>
        conflict.columns(['meetingId', 'kind']).doUpdateSet({ value, until: null }),
      )
      .execute();
  }

  /** Silent when there is none. */
  async clear(meetingId: string): Promise<void> {
    if (!this.#notes.delete(meetingId)) return;
    await this.#db
      .deleteFrom('recordingNotes')
      .where('meetingId', '=', meetingId)
      .where('kind', '=', this.#kind)
      .execute();
  }

  /** Its room is there (again). */
  async keep(meetingId: string): Promise<void> {
    const note = this.of(meetingId);
    if (note) await this.set(meetingId, note);
    else await this.clear(meetingId);
  }

  /** Its room is gone. */
  async roomClosed(meetingId: string): Promise<void> {
    const note = this.#notes.get(meetingId);
    if (!note) return;
    note.until = this.#now() + NOTE_KEPT_MS;
    await this.#db
      .updateTable('recordingNotes')
      .set({ until: new Date(note.until).toISOString() })
      .where('meetingId', '=', meetingId)
      .where('kind', '=', this.#kind)
      .execute();
  }
}
