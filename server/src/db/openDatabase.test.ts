import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDatabase } from './openDatabase.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchroom-db-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const user = {
  id: 'u1',
  email: 'a@example.org',
  passwordHash: 'x',
  role: 'host',
  roles: '["host"]',
  createdAt: '2026-01-01T00:00:00.000Z',
  removedAt: null,
} as const;

it('makes the tables, and keeps what was written over a second start', async () => {
  const folder = join(dir, 'made');
  const first = await openDatabase(folder);
  await first.insertInto('users').values(user).execute();
  await first.destroy();
  const second = await openDatabase(folder);
  expect(await second.selectFrom('users').selectAll().execute()).toEqual([user]);
  await second.destroy();
  expect(statSync(folder).mode & 0o077).toBe(0);
});

it('others may not read the database, whoever made the folder', async () => {
  chmodSync(dir, 0o755);
  const db = await openDatabase(dir);
  await db.insertInto('users').values(user).execute();
  for (const name of readdirSync(dir)) {
    expect([name, statSync(join(dir, name)).mode & 0o077]).toEqual([name, 0]);
  }
  await db.destroy();
});

it('lower() knows letters beyond ASCII', async () => {
  const db = await openDatabase(dir);
  const { rows } = await sql<{ text: string }>`select lower('ÉTÉ Ω') as text`.execute(db);
  expect(rows).toEqual([{ text: 'été ω' }]);
  await db.destroy();
});

it('a second server on the same data directory is told that the database is locked', async () => {
  const first = await openDatabase(dir);
  await expect(openDatabase(dir)).rejects.toThrow(
    /^Database locked: another Switchroom server uses .*DATA_DIR/,
  );
  await first.destroy();
  await (await openDatabase(dir)).destroy();
});

it('a data directory that cannot be made is one clear line', async () => {
  writeFileSync(join(dir, 'file'), '');
  await expect(openDatabase(join(dir, 'file', 'data'))).rejects.toThrow(
    /data directory .* cannot be used/,
  );
  // mkdir with `recursive` never comes back from there.
  await expect(openDatabase('/proc/switchroom')).rejects.toThrow(/cannot be used/);
});

it('a PIN is unique among the meetings that have not ended', async () => {
  const db = await openDatabase(dir);
  await db.insertInto('users').values(user).execute();
  const meeting = (id: string): Parameters<ReturnType<typeof insert>['values']>[0] => ({
    id,
    ownerId: 'u1',
    title: 'Meeting',
    joinToken: id,
    pin: '123456',
    moderatorPin: `9${id}`,
    lobby: 0,
    consent: 'notice',
    waitForHost: 0,
    entry: 'tones',
    recording: 'off',
    numberPrivacy: 'last-four',
    retentionDays: null,
    createdAt: user.createdAt,
    endedAt: null,
  });
  const insert = () => db.insertInto('meetings');
  await insert().values(meeting('m1')).execute();
  await expect(insert().values(meeting('m2')).execute()).rejects.toThrow(/UNIQUE/);
  await db.updateTable('meetings').set({ endedAt: user.createdAt }).execute();
  await insert().values(meeting('m2')).execute();
  await db.destroy();
});

it('a full disk is told as that, within a transaction too, and what comes later is written', async () => {
  const db = await openDatabase(dir);
  await sql`pragma max_page_count = 1`.execute(db);
  const passwordHash = 'x'.repeat(100_000);
  const full = { code: 'storage-full', status: 507 };
  const insert = (on: typeof db) =>
    on
      .insertInto('users')
      .values({ ...user, passwordHash })
      .execute();
  await expect(insert(db)).rejects.toMatchObject(full);
  await expect(db.transaction().execute(insert)).rejects.toMatchObject(full);
  // What SQLite takes back by itself, as where there is no space to commit.
  const alone = db.transaction().execute(async (trx) => {
    await sql`rollback`.execute(trx);
    throw new Error('full');
  });
  await expect(alone).rejects.toThrow('full');
  await sql`pragma max_page_count = 100000`.execute(db);
  await db.transaction().execute(insert);
  expect(await db.selectFrom('users').select('id').execute()).toEqual([{ id: 'u1' }]);
  await db.destroy();
});
