import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditTrail } from '../audit/AuditTrail.ts';
import { openDatabase, type Database } from '../db/openDatabase.ts';
import { FailureLimiter } from './FailureLimiter.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { equalSecrets } from './secrets.ts';
import { Sessions } from './Sessions.ts';
import { UserStore } from './UserStore.ts';
import { Users } from './Users.ts';

const noted = async (): Promise<void> => undefined;

let dir: string;
let db: Database;
let users: Users;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'switchroom-identity-'));
  db = await openDatabase(dir);
  users = await Users.open(db, new AuditTrail(db));
});
afterEach(async () => {
  await db.destroy();
  rmSync(dir, { recursive: true, force: true });
});

describe('passwords', () => {
  it('a password is right against its own hash only, and equal passwords have unequal hashes', async () => {
    const hash = await hashPassword('correct horse');
    expect(await verifyPassword('correct horse', hash)).toBe(true);
    expect(await verifyPassword('correct horsf', hash)).toBe(false);
    expect(await verifyPassword('', hash)).toBe(false);
    expect(await hashPassword('correct horse')).not.toBe(hash);
    expect(hash).not.toContain('horse');
  });

  it('what is not a hash of ours is never right', async () => {
    expect(await verifyPassword('x', '')).toBe(false);
    expect(await verifyPassword('x', 'plain$x')).toBe(false);
  });

  it('equalSecrets() takes secrets of any length', () => {
    expect(equalSecrets('abc', 'abc')).toBe(true);
    expect(equalSecrets('abc', 'abcd')).toBe(false);
  });
});

describe('Users', () => {
  it('a first start makes an administrator and tells the password once', async () => {
    const first = await users.ensureAdministrator({});
    expect(first?.adminEmail).toBe('admin@localhost');
    const user = await users.check('admin@localhost', first!.adminPassword);
    expect(user).toMatchObject({ role: 'administrator' });
    expect(await users.ensureAdministrator({})).toBeUndefined();
  });

  it('a given administrator is not told, and a new password given later ends the sessions', async () => {
    const given = { email: 'boss@example.org', password: 'first password' };
    expect(await users.ensureAdministrator(given)).toBeUndefined();
    const user = (await users.check(given.email, given.password))!;
    const sessions = new Sessions(db);
    const token = await sessions.create(user);
    await users.ensureAdministrator(given);
    expect(await sessions.find(token)).toEqual(user);
    await users.ensureAdministrator({ ...given, password: 'second password' });
    expect(await users.check(given.email, given.password)).toBeUndefined();
    expect(await users.check(given.email, 'second password')).toEqual(user);
    expect(await sessions.find(token)).toBeUndefined();
  });

  it('a trail begins with those who were there before it, once', async () => {
    const row = { passwordHash: '', createdAt: '2026-01-01', removedAt: null };
    const old = {
      id: 'u1',
      email: 'a@example.org',
      role: 'auditor',
      roles: '["auditor"]',
    } as const;
    await db
      .insertInto('users')
      .values({ ...old, ...row })
      .execute();
    for (let times = 0; times < 2; times += 1) await Users.open(db, new AuditTrail(db));
    const entries = await db
      .selectFrom('audit')
      .select(['action', 'subjectId', 'details'])
      .execute();
    const details = '{"email":"a@example.org","roles":["auditor"]}';
    expect(entries).toEqual([{ action: 'user.found', subjectId: 'u1', details }]);
  });

  it('roles that were taken from the one named in the settings are not given back', async () => {
    const given = { email: 'boss@example.org', password: 'first password' };
    await users.ensureAdministrator(given);
    const first = (await users.check(given.email, given.password))!;
    expect(first.roles).toEqual(['administrator', 'host', 'compliance-officer', 'auditor']);
    const store = new UserStore(db, new Sessions(db));
    await store.create({ ...given, email: 'b@example.org', roles: ['administrator'] }, noted);
    await store.update(first.id, { roles: ['host'] }, noted);
    await users.ensureAdministrator({ ...given, password: 'second password' });
    const again = await users.check(given.email, 'second password');
    expect(again).toMatchObject({ role: 'administrator', roles: ['administrator', 'host'] });
  });

  it('an unknown user is wrong as a wrong password is', async () => {
    await users.ensureAdministrator({ email: 'boss@example.org', password: 'first password' });
    expect(await users.check('who@example.org', 'first password')).toBeUndefined();
    expect(await users.check('boss@example.org', 'wrong')).toBeUndefined();
  });
});

describe('Sessions', () => {
  it('a token is good for seven days, and only its hash is kept', async () => {
    await users.ensureAdministrator({ email: 'boss@example.org', password: 'first password' });
    const user = (await users.check('boss@example.org', 'first password'))!;
    const sessions = new Sessions(db);
    const now = Date.parse('2026-01-01T00:00:00Z');
    const token = await sessions.create(user, now);
    const day = 24 * 3600 * 1000;
    expect(await sessions.find(token, now + 6.9 * day)).toEqual(user);
    expect(await sessions.find(token, now + 7.1 * day)).toBeUndefined();
    expect(await sessions.find('other', now)).toBeUndefined();
    const rows = await db.selectFrom('sessions').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(token);
    await sessions.end(token);
    expect(await sessions.find(token, now)).toBeUndefined();
  });

  it('one that cannot be noted does not end, and one that is over is noted once', async () => {
    await users.ensureAdministrator({ email: 'boss@example.org', password: 'first password' });
    const user = (await users.check('boss@example.org', 'first password'))!;
    const sessions = new Sessions(db);
    const token = await sessions.create(user);
    const broken = sessions.end(token, () => Promise.reject(new Error('disk')));
    await expect(broken).rejects.toThrow('disk');
    expect(await sessions.find(token)).toEqual(user);
    let notes = 0;
    for (let times = 0; times < 2; times += 1) {
      await sessions.end(token, async () => (notes += 1));
    }
    expect([notes, await sessions.find(token)]).toEqual([1, undefined]);
  });
});

describe('FailureLimiter', () => {
  it('blocks a key after so many failures and no other, until one succeeds', async () => {
    const limiter = new FailureLimiter({ failures: 2, seconds: 60, message: 'Too many.' });
    for (let times = 0; times < 2; times += 1) {
      await limiter.check('a');
      await limiter.failed('a');
    }
    const refused = await limiter.check('a').catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'rate-limited', retryAfter: '60' });
    await limiter.check('b');
    await limiter.succeeded('a');
    await limiter.check('a');
  });
});
