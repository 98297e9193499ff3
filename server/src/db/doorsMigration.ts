import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What the doors of live meetings remember over a start of the server. */
export const doorsMigration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('doors')
      .addColumn('meetingId', 'text', (column) =>
        column.primaryKey().references('meetings.id').onDelete('cascade'),
      )
      .addColumn('record', 'text', (column) => column.notNull())
      .execute();
  },
};
