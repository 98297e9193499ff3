import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordingPolicySchema, type AuditEntry, type User } from '@switchroom/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AuditReader } from '../audit/AuditReader.ts';
import { AuditTrail, userAt } from '../audit/AuditTrail.ts';
import { openDatabase, type Database } from '../db/openDatabase.ts';
import { rolesColumns } from '../identity/roles.ts';
import { MeetingStore } from '../meetings/MeetingStore.ts';
import { RecordingStore } from '../recording/RecordingStore.ts';
import { Deletions } from './Deletions.ts';
import type { Asked } from './Keeping.ts';
import { openRecordingPolicy, type RecordingPolicy } from './RecordingPolicy.ts';

const userOf = (id: string): User => ({
  ...{ id, email: `${id}@example.org`, role: 'compliance-officer', roles: ['compliance-officer'] },
});
const asked = (id: string, reason = 'Case 7'): Asked => ({
  source: userAt(userOf(id), '192.0.2.7'),
  reason,
});
const LEFT = { reason: 'Who asked for it is no compliance officer any more.' };

let dir: string;
let db: Database;
let policy: RecordingPolicy;
let deletions: Deletions;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'switchroom-requests-'));
  db = await openDatabase(dir);
  policy = await openRecordingPolicy(db);
  await policy.set(recordingPolicySchema.parse({ twoToDelete: true }));
  const trail = new AuditTrail(db);
  const vault = { remove: async () => undefined, isOpen: async () => false };
  deletions = new Deletions({ db, policy, trail, vault, logger: pino({ level: 'silent' }) });
  const more = { passwordHash: '', createdAt: '', removedAt: null };
  for (const id of ['ann', 'bob', 'cat']) {
    const roles = rolesColumns(['compliance-officer']);
    await db
      .insertInto('users')
      .values({ ...userOf(id), ...roles, ...more })
      .execute();
  }
  const meeting = await new MeetingStore(db).create(userOf('ann'), {});
  const store = new RecordingStore(db);
  for (const id of ['r1', 'r2']) {
    const startedAt = '2026-03-01T10:00:00.000Z';
    await store.insert({ id, meetingId: meeting.id, startedAt }, async () => undefined);
    await store.fail(id);
  }
});
afterEach(async () => {
  await db.destroy();
  rmSync(dir, { recursive: true, force: true });
});

async function change(id: string, row: { roles?: string; removedAt?: string }): Promise<void> {
  await db.updateTable('users').set(row).where('id', '=', id).execute();
}

/** What the trail says of one recording: by whom, and with which details. */
async function said(id: string) {
  const found: Pick<AuditEntry, 'action' | 'details'>[] = [];
  for await (const line of new AuditReader(db).extract(id)) {
    const { actor, action, details } = JSON.parse(line) as AuditEntry;
    found.push({ action: `${action} by ${actor.name ?? actor.kind}`, details });
  }
  return found;
}

it.each([
  ['has another role', { roles: '["host"]' }],
  ['is removed', { removedAt: '2026-03-02T00:00:00.000Z' }],
])('the word of who %s by now does not count: the next one is the first', async (_, row) => {
  expect(await deletions.delete('r1', asked('cat'))).toBe('waiting');
  await change('cat', row);
  expect(await deletions.delete('r1', asked('ann'))).toBe('waiting');
  expect(await said('r1')).toEqual([
    { action: 'recording.deletion-asked by cat@example.org', details: { reason: 'Case 7' } },
    {
      action: 'recording.deletion-withdrawn by system',
      details: { askedBy: 'cat@example.org', ...LEFT },
    },
    { action: 'recording.deletion-asked by ann@example.org', details: { reason: 'Case 7' } },
  ]);
  expect(await deletions.delete('r1', asked('bob', 'Agreed'))).toBe('deleted');
  expect(await deletions.tombstone('r1')).toMatchObject({
    by: ['ann@example.org', 'bob@example.org'],
    reason: 'Case 7; Agreed',
  });
});

it('nor is it told of where one is enough by now', async () => {
  await deletions.delete('r1', asked('cat'));
  await change('cat', { roles: '[]' });
  await policy.set(recordingPolicySchema.parse({}));
  expect(await deletions.delete('r1', asked('ann', 'Mine'))).toBe('deleted');
  expect(await deletions.tombstone('r1')).toMatchObject({
    by: ['ann@example.org'],
    reason: 'Mine',
  });
});

it('all that one asked for is dropped at once, and nothing of another', async () => {
  await deletions.delete('r1', asked('cat'));
  await deletions.delete('r2', asked('bob'));
  await db.transaction().execute((trx) => deletions.withdrawAllOf('cat', trx));
  const rows = await db.selectFrom('deletions').select('recordingId').execute();
  expect(rows).toEqual([{ recordingId: 'r2' }]);
  expect((await said('r1')).at(-1)).toEqual({
    action: 'recording.deletion-withdrawn by system',
    details: { askedBy: 'cat@example.org', ...LEFT },
  });
});
