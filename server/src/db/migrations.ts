import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** In order of their names; one that has run anywhere is never changed. */
export const migrations: Record<string, Migration> = {
  '0001-first': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('users')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('email', 'text', (column) => column.notNull().unique())
        .addColumn('passwordHash', 'text', (column) => column.notNull())
        .addColumn('role', 'text', (column) => column.notNull())
        .addColumn('createdAt', 'text', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('sessions')
        .addColumn('tokenHash', 'text', (column) => column.primaryKey())
        .addColumn('userId', 'text', (column) =>
          column.notNull().references('users.id').onDelete('cascade'),
        )
        .addColumn('createdAt', 'text', (column) => column.notNull())
        .addColumn('expiresAt', 'text', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('meetings')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('ownerId', 'text', (column) => column.notNull().references('users.id'))
        .addColumn('title', 'text', (column) => column.notNull())
        .addColumn('joinToken', 'text', (column) => column.notNull().unique())
        .addColumn('pin', 'text', (column) => column.notNull())
        .addColumn('lobby', 'integer', (column) => column.notNull())
        .addColumn('recording', 'text', (column) => column.notNull())
        .addColumn('createdAt', 'text', (column) => column.notNull())
        .addColumn('endedAt', 'text')
        .execute();
      // A PIN is free again once its meeting has ended.
      await sql`create unique index meetings_pin on meetings (pin) where "endedAt" is null`.execute(
        db,
      );
      await db.schema
        .createTable('recordings')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('meetingId', 'text', (column) => column.notNull().references('meetings.id'))
        .addColumn('startedAt', 'text', (column) => column.notNull())
        .addColumn('endedAt', 'text')
        .addColumn('durationMs', 'real')
        .addColumn('state', 'text', (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex('recordings_order')
        .on('recordings')
        .columns(['startedAt', 'id'])
        .execute();
      await db.schema
        .createTable('tracks')
        .addColumn('recordingId', 'text', (column) =>
          column.notNull().references('recordings.id').onDelete('cascade'),
        )
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('participantId', 'text', (column) => column.notNull())
        .addColumn('participantName', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('startMs', 'real', (column) => column.notNull())
        .addColumn('endMs', 'real')
        .addPrimaryKeyConstraint('tracks_key', ['recordingId', 'id'])
        .execute();
    },
  },
};
