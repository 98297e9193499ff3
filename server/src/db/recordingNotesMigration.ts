import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Beside pauses, what else was decided by hand of a meeting's recording outlives a crash. */
export const recordingNotesMigration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('recordingNotes')
      .addColumn('meetingId', 'text', (column) => column.notNull().references('meetings.id'))
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addColumn('until', 'text')
      .addPrimaryKeyConstraint('recordingNotes_key', ['meetingId', 'kind'])
      .execute();
    await sql`insert into "recordingNotes" select "meetingId", 'pause', "by", "until" from "pauses"`.execute(
      db,
    );
    await db.schema.dropTable('pauses').execute();
  },
};
