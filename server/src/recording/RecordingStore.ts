import {
  AppError,
  type RecordingState,
  type RecordingView,
  type TrackView,
  type User,
} from '@switchroom/protocol';
import type { Selectable } from 'kysely';
import type { Database } from '../db/openDatabase.ts';
import type { RecordingsTable, TracksTable } from '../db/schema.ts';
import type { Note } from '../audit/AuditTrail.ts';
import { hasRole } from '../identity/roles.ts';
import { encodeCursor } from './cursor.ts';
import type { RecordingKeys } from './RecordingKeys.ts';
import { findRecordings, type RecordingsQuery } from './findRecordings.ts';

export interface RecordingsPage {
  items: RecordingView[];
  /** Give it as `cursor` for the next page; `null` on the last. */
  nextCursor: string | null;
}

/** What the database knows of recordings; the sound itself lies in the vault. */
export class RecordingStore {
  readonly #db: Database;
  readonly #keys: Pick<RecordingKeys, 'note'> | undefined;

  /** With `keys`, to whom each recording is sealed is written down as well. */
  constructor(db: Database, keys?: Pick<RecordingKeys, 'note'>) {
    this.#db = db;
    this.#keys = keys;
  }

  async insert(
    recording: { id: string; meetingId: string; startedAt: string },
    note: Note<string>,
  ): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      await db
        .insertInto('recordings')
        .values({ ...recording, endedAt: null, durationMs: null, state: 'recording' })
        .execute();
      await this.#keys?.note(recording.id, db);
      await note(db, recording.id);
    });
  }

  /**
   * Takes over what the recorder reports. Errors: `not-found` for a recording of which this server
   * knows nothing, or that is of another meeting.
   */
  async report(view: RecordingView): Promise<void> {
    const { id, meetingId, startedAt, endedAt, durationMs, state } = view;
    await this.#db.transaction().execute(async (trx) => {
      const { numUpdatedRows } = await trx
        .updateTable('recordings')
        .set({ startedAt: utc(startedAt), endedAt: endedAt && utc(endedAt), durationMs, state })
        .where('id', '=', id)
        .where('meetingId', '=', meetingId)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) {
        throw new AppError('not-found', 'There is no such recording.');
      }
      for (const track of view.tracks) {
        const { startMs, endMs, participantName } = track;
        await trx
          .insertInto('tracks')
          .values({ ...track, recordingId: id })
          .onConflict((conflict) =>
            conflict
              .columns(['recordingId', 'id'])
              .doUpdateSet({ startMs, endMs, participantName }),
          )
          .execute();
      }
    });
  }

  /** Marks one that nobody writes any more; a sealed one stays sealed. */
  async fail(id: string): Promise<void> {
    await this.#db
      .updateTable('recordings')
      .set((eb) => ({
        state: 'failed',
        endedAt: eb.fn.coalesce('endedAt', eb.val(new Date().toISOString())),
      }))
      .where('id', '=', id)
      .where('state', '=', 'recording')
      .execute();
  }

  /** Takes `fail()` back: its recorder is there again and never stopped. */
  async resume(id: string): Promise<void> {
    await this.#db
      .updateTable('recordings')
      .set({ state: 'recording', endedAt: null })
      .where('id', '=', id)
      .where('state', '=', 'failed')
      .execute();
  }

  /** Forgets one that never began. */
  async remove(id: string): Promise<void> {
    await this.#db.deleteFrom('recordings').where('id', '=', id).execute();
  }

  /** At the start of the server nobody records; the recorder may yet report that it sealed one. */
  async failUnfinished(): Promise<void> {
    const rows = await this.#db
      .selectFrom('recordings')
      .select('id')
      .where('state', '=', 'recording')
      .execute();
    for (const { id } of rows) await this.fail(id);
  }

  /**
   * Of which state one is that anything was recorded of: where it failed before anybody had a track, there may be nothing. `null`
   * also when there is none of that id.
   */
  async stateOf(id: string): Promise<RecordingState | null> {
    const row = await this.#ofSubstance().where('id', '=', id).executeTakeFirst();
    return row?.state ?? null;
  }

  /** The ids of those that are over and of which there must be something, in their order, `limit` of those after `after`. */
  async ended(after: string, limit: number): Promise<string[]> {
    const rows = await this.#ofSubstance()
      .where('state', '!=', 'recording')
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map(({ id }) => id);
  }

  /** Newest first; a host sees those of own meetings, an officer all. Errors: `bad-request` for a broken cursor. */
  async list(query: RecordingsQuery, user: User): Promise<RecordingsPage> {
    const found = await findRecordings(this.#db, query, user);
    const page = found.slice(0, query.limit);
    const ids = page.map(({ id }) => id);
    const rows = ids.length === 0 ? [] : await this.#select().where('id', 'in', ids).execute();
    const byId = new Map(rows.map((row) => [row.id, row]));
    const last = page.at(-1);
    return {
      items: await this.#withTracks(ids.flatMap((id) => byId.get(id) ?? [])),
      nextCursor: found.length > page.length && last ? encodeCursor(last.ord) : null,
    };
  }

  /** Errors: `not-found`, also when this user may not see it. */
  async forUser(id: string, user: User): Promise<RecordingView> {
    const rows = await this.#select()
      .where('id', '=', id)
      .$if(!hasRole(user, 'compliance-officer'), (select) =>
        select.where('meetingId', 'in', (eb) =>
          eb.selectFrom('meetings').select('id').where('ownerId', '=', user.id),
        ),
      )
      .execute();
    const [view] = await this.#withTracks(rows);
    if (!view) throw new AppError('not-found', 'There is no such recording.');
    return view;
  }

  #ofSubstance() {
    return this.#db
      .selectFrom('recordings')
      .select(['id', 'state'])
      .where((eb) =>
        eb.or([
          eb('state', '!=', 'failed'),
          eb.exists(
            eb.selectFrom('tracks').select('id').whereRef('recordingId', '=', 'recordings.id'),
          ),
        ]),
      );
  }

  #select() {
    return this.#db
      .selectFrom('recordings')
      .select(['id', 'meetingId', 'startedAt', 'endedAt', 'durationMs', 'state']);
  }

  async #withTracks(rows: RecordingsTable[]): Promise<RecordingView[]> {
    if (rows.length === 0) return [];
    const ids = rows.map(({ id }) => id);
    const tracks = await this.#db
      .selectFrom('tracks')
      .selectAll()
      .where('recordingId', 'in', ids)
      .orderBy('startMs')
      .orderBy('id')
      .execute();
    const byRecording = Map.groupBy(tracks, ({ recordingId }) => recordingId);
    return rows.map((row) => ({ ...row, tracks: (byRecording.get(row.id) ?? []).map(trackOf) }));
  }
}

function trackOf({
  recordingId: _,
  formerNames: __,
  ...track
}: Selectable<TracksTable>): TrackView {
  return track;
}

/** One form for all times, so that they sort and compare as text. */
function utc(time: string): string {
  return new Date(time).toISOString();
}
