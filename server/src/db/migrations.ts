import { randomUUID } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { randomPin } from '../identity/secrets.ts';
import { auditMigration } from './auditMigration.ts';
import { consentMigration } from './consentMigration.ts';
import { dialOutMigration } from './dialOutMigration.ts';
import { doorsMigration } from './doorsMigration.ts';
import { formerNamesMigration } from './formerNamesMigration.ts';
import { recordingKeysMigration } from './recordingKeysMigration.ts';
import { recordingNotesMigration } from './recordingNotesMigration.ts';
import { recordingSearchMigration } from './recordingSearchMigration.ts';
import { retentionMigration } from './retentionMigration.ts';
import type { Schema } from './schema.ts';
import { storedRecordingsMigration } from './storedRecordingsMigration.ts';

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
  '0002-trunks': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('trunks')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('name', 'text', (column) => column.notNull().unique())
        .addColumn('cidrs', 'text', (column) => column.notNull())
        .addColumn('digestUsername', 'text')
        .addColumn('digestRealm', 'text')
        .addColumn('ha1Md5', 'text')
        .addColumn('ha1Sha256', 'text')
        .addColumn('maxCalls', 'integer', (column) => column.notNull())
        .addColumn('callsPerSecond', 'integer', (column) => column.notNull())
        .addColumn('enabled', 'integer', (column) => column.notNull())
        .addColumn('createdAt', 'text', (column) => column.notNull())
        .addUniqueConstraint('trunks_digest', ['digestUsername', 'digestRealm'])
        .execute();
      await db.schema
        .createTable('dids')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('number', 'text', (column) => column.notNull().unique())
        .addColumn('trunkId', 'text', (column) => column.references('trunks.id'))
        .addColumn('language', 'text', (column) => column.notNull())
        .addColumn('meetingId', 'text', (column) => column.references('meetings.id'))
        .addColumn('enabled', 'integer', (column) => column.notNull())
        .addColumn('createdAt', 'text', (column) => column.notNull())
        .execute();
      await insertDefaults(db);
    },
  },
  '0003-number-privacy': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .alterTable('meetings')
        .addColumn('numberPrivacy', 'text', (column) => column.notNull().defaultTo('last-four'))
        .execute();
    },
  },
  '0004-lobby': {
    async up(db: Kysely<unknown>): Promise<void> {
      const columns = [
        ['moderatorPin', 'text', ''],
        ['waitForHost', 'integer', 0],
        ['entry', 'text', 'tones'],
      ] as const;
      for (const [name, type, initial] of columns) {
        await db.schema
          .alterTable('meetings')
          .addColumn(name, type, (column) => column.notNull().defaultTo(initial))
          .execute();
      }
      await giveModeratorPins(db);
      await sql`create unique index meetings_moderator_pin on meetings ("moderatorPin") where "endedAt" is null`.execute(
        db,
      );
    },
  },
  '0005-dial-out': dialOutMigration,
  '0006-audit': auditMigration,
  '0007-retention': retentionMigration,
  '0008-recording-search': recordingSearchMigration,
  '0009-doors': doorsMigration,
  '0010-recording-keys': recordingKeysMigration,
  '0011-consent': consentMigration,
  '0012-stored-recordings': storedRecordingsMigration,
  '0013-recording-notes': recordingNotesMigration,
  '0014-former-names': formerNamesMigration,
};

/** Meetings that were made before there were any. */
async function giveModeratorPins(db: Kysely<Pick<Schema, 'meetings'>>): Promise<void> {
  const meetings = await db.selectFrom('meetings').select(['id', 'pin', 'endedAt']).execute();
  const taken = new Set(meetings.flatMap(({ pin, endedAt }) => (endedAt === null ? [pin] : [])));
  for (const { id } of meetings) {
    const moderatorPin = freePin(taken);
    taken.add(moderatorPin);
    await db.updateTable('meetings').set({ moderatorPin }).where('id', '=', id).execute();
  }
}

function freePin(taken: ReadonlySet<string>): string {
  let pin = randomPin();
  while (taken.has(pin)) pin = randomPin();
  return pin;
}

/** As `0002-trunks` made them. */
interface FirstTrunks extends Pick<Schema, 'dids'> {
  trunks: Omit<Schema['trunks'], 'srtp' | 'clientCertificate' | 'outbound'>;
}

/** What works without any administration: calls from this machine, to one number. */
async function insertDefaults(db: Kysely<FirstTrunks>): Promise<void> {
  const common = { enabled: 1, createdAt: new Date().toISOString() } as const;
  await db
    .insertInto('trunks')
    .values({
      ...common,
      id: randomUUID(),
      name: 'loopback',
      cidrs: JSON.stringify(['127.0.0.0/8', '::1/128']),
      digestUsername: null,
      digestRealm: null,
      ha1Md5: null,
      ha1Sha256: null,
      maxCalls: 1000,
      callsPerSecond: 1000,
    })
    .execute();
  await db
    .insertInto('dids')
    .values({
      ...common,
      id: randomUUID(),
      number: '+15550100',
      trunkId: null,
      language: 'en',
      meetingId: null,
    })
    .execute();
}
