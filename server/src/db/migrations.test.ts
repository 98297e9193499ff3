import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { expect, it } from 'vitest';
import { migrations } from './migrations.ts';
import { nodeSqlite } from './nodeSqlite.ts';
import { openDatabase } from './openDatabase.ts';

it('meetings from before there were moderators get a PIN each, and tones', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'switchroom-migrations-'));
  const file = new DatabaseSync(join(dir, 'switchroom.db'));
  const old = new Kysely<object>({ dialect: new SqliteDialect({ database: nodeSqlite(file) }) });
  const migrator = new Migrator({ db: old, provider: { getMigrations: async () => migrations } });
  await migrator.migrateTo('0003-number-privacy');
  file.exec(`insert into users values ('u1', 'a@example.org', 'x', 'host', '2026-01-01')`);
  for (const [id, endedAt] of [
    ['m1', 'null'],
    ['m2', 'null'],
    ['m3', `'2026-01-02'`],
  ] as const) {
    file.exec(`insert into meetings (id, ownerId, title, joinToken, pin, lobby, recording, createdAt, endedAt)
      values ('${id}', 'u1', 'Board', '${id}', '${id}', 0, 'off', '2026-01-01', ${endedAt})`);
  }
  await old.destroy();

  const db = await openDatabase(dir);
  const meetings = await db.selectFrom('meetings').selectAll().execute();
  expect(meetings).toMatchObject(
    ['m1', 'm2', 'm3'].map((id) => ({
      id,
      moderatorPin: expect.stringMatching(/^\d{6}$/) as string,
      waitForHost: 0,
      entry: 'tones',
    })),
  );
  expect(new Set(meetings.map(({ moderatorPin }) => moderatorPin)).size).toBe(3);
  await db.destroy();
  rmSync(dir, { recursive: true, force: true });
});

it('administrators from before there were roles keep all that they could do, hosts as well', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'switchroom-migrations-'));
  const file = new DatabaseSync(join(dir, 'switchroom.db'));
  const old = new Kysely<object>({ dialect: new SqliteDialect({ database: nodeSqlite(file) }) });
  const migrator = new Migrator({ db: old, provider: { getMigrations: async () => migrations } });
  await migrator.migrateTo('0005-dial-out');
  for (const role of ['administrator', 'host']) {
    file.exec(
      `insert into users values ('${role}', '${role}@example.org', 'x', '${role}', '2026-01-01')`,
    );
  }
  await old.destroy();

  const db = await openDatabase(dir);
  const users = await db.selectFrom('users').select(['id', 'roles', 'removedAt']).execute();
  expect(users).toEqual([
    {
      id: 'administrator',
      roles: '["administrator","host","compliance-officer","auditor"]',
      removedAt: null,
    },
    { id: 'host', roles: '["host"]', removedAt: null },
  ]);
  await db.destroy();
  rmSync(dir, { recursive: true, force: true });
});

it('what was paused before wishes were kept beside it is paused still', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'switchroom-migrations-'));
  const file = new DatabaseSync(join(dir, 'switchroom.db'));
  const old = new Kysely<object>({ dialect: new SqliteDialect({ database: nodeSqlite(file) }) });
  const migrator = new Migrator({ db: old, provider: { getMigrations: async () => migrations } });
  await migrator.migrateTo('0012-stored-recordings');
  // Without their owner.
  file.exec('pragma foreign_keys = off');
  for (const id of ['m1', 'm2']) {
    file.exec(`insert into meetings (id, ownerId, title, joinToken, pin, moderatorPin, lobby, recording, createdAt)
      values ('${id}', 'u1', 'Board', '${id}', '${id}', '${id}', 0, 'off', '2026-01-01')`);
  }
  const until = '2026-01-01T00:05:00.000Z';
  file.exec(`insert into pauses values ('m1', '{"kind":"user"}', null), ('m2', '{}', '${until}')`);
  await old.destroy();

  const db = await openDatabase(dir);
  expect(await db.selectFrom('recordingNotes').selectAll().execute()).toEqual([
    { meetingId: 'm1', kind: 'pause', value: '{"kind":"user"}', until: null },
    { meetingId: 'm2', kind: 'pause', value: '{}', until },
  ]);
  await db.destroy();
  rmSync(dir, { recursive: true, force: true });
});
