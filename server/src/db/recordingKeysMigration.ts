import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** To whom each recording is sealed; those from before are to the server's own key, without a row. */
export const recordingKeysMigration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('recordingKeys')
      .addColumn('recordingId', 'text', (column) =>
        column.notNull().references('recordings.id').onDelete('cascade'),
      )
      .addColumn('fingerprint', 'text', (column) => column.notNull())
      .addColumn('server', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('recordingKeys_key', ['recordingId', 'fingerprint'])
      .execute();
  },
};
