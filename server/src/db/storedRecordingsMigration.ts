import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Recordings that are moved to a store, or lie there, and how long that keeps them. */
export const storedRecordingsMigration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('storedRecordings')
      .addColumn('recordingId', 'text', (column) =>
        column.primaryKey().references('recordings.id').onDelete('cascade'),
      )
      .addColumn('storedAt', 'text')
      .addColumn('lockedUntil', 'text')
      .addColumn('held', 'integer', (column) => column.notNull())
      .execute();
  },
};
