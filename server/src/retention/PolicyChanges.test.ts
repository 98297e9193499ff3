import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordingPolicySchema, type User, type UserRole } from '@switchroom/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AuditTrail, userAt } from '../audit/AuditTrail.ts';
import { openDatabase, type Database } from '../db/openDatabase.ts';
import { rolesColumns } from '../identity/roles.ts';
import { PolicyChanges } from './PolicyChanges.ts';
import { openRecordingPolicy, type RecordingPolicy } from './RecordingPolicy.ts';

const TWO = { retentionDays: 30, twoToDelete: true };
const by = (id: string) =>
  userAt({ id, email: `${id}@example.org`, role: 'host', roles: [] }, '192.0.2.7');
const wishOf = (wish: object) => recordingPolicySchema.parse(wish);

let dir: string;
let db: Database;
let policy: RecordingPolicy;
let changes: PolicyChanges;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'switchroom-policy-'));
  db = await openDatabase(dir);
  const of = async (id: string, roles: UserRole[]): Promise<void> => {
    const user: User = { id, email: `${id}@example.org`, role: 'host', roles };
    const more = { passwordHash: '', createdAt: '', removedAt: null };
    await db
      .insertInto('users')
      .values({ ...user, ...rolesColumns(roles), ...more })
      .execute();
  };
  await of('adam', ['administrator']);
  await of('ann', ['compliance-officer']);
  policy = await openRecordingPolicy(db);
  changes = await PolicyChanges.open({ db, policy, trail: new AuditTrail(db) });
});
afterEach(async () => {
  await db.destroy();
  rmSync(dir, { recursive: true, force: true });
});

it.each([
  ['where one is enough, whatever it is', { retentionDays: 30 }, { retentionDays: 1 }],
  ['a longer retention', TWO, { ...TWO, retentionDays: 31 }],
  ['none at all, which is for ever', TWO, { ...TWO, retentionDays: null }],
  ['what deletes nothing', TWO, { ...TWO, reasonToPlay: true }],
])('an administrator alone sets %s', async (_, before, wish) => {
  await policy.set(wishOf(before));
  expect(await changes.ask(wishOf(wish), by('adam'))).toBe('set');
  expect([policy.value, changes.asked]).toEqual([wishOf(wish), null]);
});

it.each([
  ['a shorter retention', TWO, { ...TWO, retentionDays: 29 }],
  ['a first one', { twoToDelete: true }, TWO],
  ['that one is enough', TWO, { retentionDays: 30 }],
])('%s waits for an officer, over a restart too', async (_, before, wish) => {
  await policy.set(wishOf(before));
  expect(await changes.ask(wishOf(wish), by('adam'))).toBe('waiting');
  expect(await changes.ask(wishOf(wish), by('adam'))).toBe('waiting');
  const again = await PolicyChanges.open({ db, policy, trail: new AuditTrail(db) });
  expect(policy.value).toEqual(wishOf(before));
  const refused = { code: 'conflict' };
  await expect(again.confirm(wishOf(wish), by('adam'))).rejects.toMatchObject(refused);
  await expect(again.confirm(wishOf({}), by('ann'))).rejects.toMatchObject(refused);
  await again.confirm(wishOf(wish), by('ann'));
  expect([policy.value, again.asked]).toEqual([wishOf(wish), null]);
  const entries = await db.selectFrom('audit').select('entry').orderBy('seq').execute();
  const last = JSON.parse(entries.at(-1)!.entry) as object;
  const details = { ...wish, askedBy: 'adam@example.org' };
  expect(last).toMatchObject({ action: 'policy.changed', actor: { id: 'ann' }, details });
});

it('the word of who is no administrator any more is none', async () => {
  await policy.set(wishOf(TWO));
  await changes.ask(wishOf({}), by('adam'));
  await db.updateTable('users').set({ roles: '["host"]' }).where('id', '=', 'adam').execute();
  await expect(changes.confirm(wishOf({}), by('ann'))).rejects.toMatchObject({ code: 'conflict' });
  expect(policy.value).toEqual(wishOf(TWO));
});
