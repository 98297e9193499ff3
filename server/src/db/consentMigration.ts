import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What meetings ask of those who are recorded, and whose recordings are paused. */
export const consentMigration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .alterTable('meetings')
      .addColumn('consent', 'text', (column) => column.notNull().defaultTo('notice'))
      .execute();
    await db.schema
      .createTable('pauses')
      .addColumn('meetingId', 'text', (column) => column.primaryKey().references('meetings.id'))
      .addColumn('by', 'text', (column) => column.notNull())
      .addColumn('until', 'text')
      .execute();
  },
};
