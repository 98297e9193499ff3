import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Trunks for calls to the outside, what may be called, and how often it was. */
export const dialOutMigration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .alterTable('trunks')
      .addColumn('srtp', 'text', (column) => column.notNull().defaultTo('optional'))
      .execute();
    await db.schema
      .alterTable('trunks')
      .addColumn('clientCertificate', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
    await db.schema.alterTable('trunks').addColumn('outbound', 'text').execute();
    await db.schema
      .createTable('settings')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('begunCalls')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('meetingId', 'text', (column) => column.notNull())
      .addColumn('begunAt', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('begunCalls_begunAt').on('begunCalls').column('begunAt').execute();
  },
};
