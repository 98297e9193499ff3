import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Legal holds, deletions, and what is left of what was deleted. */
export const retentionMigration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const table of ['holds', 'deletions']) {
      await db.schema
        .createTable(table)
        .addColumn('recordingId', 'text', (column) =>
          column.primaryKey().references('recordings.id').onDelete('cascade'),
        )
        .addColumn('reason', 'text', (column) => column.notNull())
        .addColumn('userId', 'text', (column) => column.notNull())
        .addColumn('by', 'text', (column) => column.notNull())
        .addColumn('at', 'text', (column) => column.notNull())
        .execute();
    }
    await db.schema
      .createTable('tombstones')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('meetingId', 'text', (column) => column.notNull())
      .addColumn('startedAt', 'text', (column) => column.notNull())
      .addColumn('deletedAt', 'text', (column) => column.notNull())
      .addColumn('by', 'text', (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .addColumn('erasedAt', 'text')
      .execute();
    await db.schema
      .createIndex('tombstones_order')
      .on('tombstones')
      .columns(['deletedAt', 'id'])
      .execute();
    await db.schema.alterTable('meetings').addColumn('retentionDays', 'integer').execute();
  },
};
