import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  recordingPolicySchema,
  type RecordingState,
  type User,
  type UserRole,
} from '@switchroom/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditReader } from '../audit/AuditReader.ts';
import { AuditTrail, userAt } from '../audit/AuditTrail.ts';
import { openDatabase, type Database } from '../db/openDatabase.ts';
import { MeetingStore } from '../meetings/MeetingStore.ts';
import { RecordingKeys } from '../recording/RecordingKeys.ts';
import { RecordingStore } from '../recording/RecordingStore.ts';
import { Deletions } from './Deletions.ts';
import { Keeping, type Asked } from './Keeping.ts';
import { openRecordingPolicy, type RecordingPolicy } from './RecordingPolicy.ts';
import { RetentionSweeper } from './RetentionSweeper.ts';

const DAY_MS = 86_400_000;
const roles: UserRole[] = ['compliance-officer'];
const officer = (name: string): User => ({
  ...{ id: name, email: `${name}@example.org`, role: roles[0]!, roles },
});
const asked = (name: string, reason = 'Case 7'): Asked => ({
  source: userAt(officer(name), '192.0.2.7'),
  reason,
});

/** Where the files are, as far as anybody asks. */
class FakeVault {
  readonly removed: string[] = [];
  broken = false;
  /** What a recorder has open. */
  readonly open = new Set<string>();
  async isOpen(id: string): Promise<boolean> {
    return this.open.has(id);
  }

  async remove(id: string): Promise<void> {
    if (this.broken) throw new Error('disk');
    this.removed.push(id);
  }
}

let dir: string;
let db: Database;
let now: number;
let vault: FakeVault;
let policy: RecordingPolicy;
let keeping: Keeping;
let deletions: Deletions;
let meetings: MeetingStore;
let store: RecordingStore;
const host: User = { id: 'h', email: 'h@example.org', role: 'host', roles: ['host'] };

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'switchroom-retention-'));
  db = await openDatabase(dir);
  now = Date.parse('2026-03-01T12:00:00Z');
  vault = new FakeVault();
  policy = await openRecordingPolicy(db);
  const options = { db, policy, trail: new AuditTrail(db, () => now), now: () => now };
  keeping = new Keeping({
    store: { label: 's3://b/rec' },
    ...options,
    keys: new RecordingKeys(db, { recipient: 'age1x', own: ['age1x'] }),
  });
  deletions = new Deletions({ ...options, vault, logger: pino({ level: 'silent' }) });
  meetings = new MeetingStore(db);
  store = new RecordingStore(db);
  const users = [host, ...['ann', 'bob', 'cat'].map((name) => officer(name))];
  const rest = { passwordHash: '', createdAt: '', removedAt: null };
  const rows = users.map((user) => ({ ...user, roles: JSON.stringify(user.roles), ...rest }));
  await db.insertInto('users').values(rows).execute();
});
afterEach(async () => {
  await db.destroy();
  rmSync(dir, { recursive: true, force: true });
});

async function record(
  id: string,
  {
    state = 'sealed',
    retentionDays = null,
  }: { state?: RecordingState; retentionDays?: number | null } = {},
): Promise<string> {
  const meeting = await meetings.create(host, { retentionDays });
  const startedAt = new Date(now - 60_000).toISOString();
  const endedAt = state === 'recording' ? null : new Date(now).toISOString();
  await store.insert({ id, meetingId: meeting.id, startedAt }, async () => undefined);
  const track = { id: 't', participantId: 'p', participantName: 'Ann', kind: 'browser' } as const;
  const tracks = [{ ...track, startMs: 0, endMs: 60_000 }];
  await store.report({
    id,
    meetingId: meeting.id,
    startedAt,
    endedAt,
    durationMs: 60_000,
    state,
    tracks,
  });
  return id;
}
const set = (wish: object): Promise<void> => policy.set(recordingPolicySchema.parse(wish));
async function shown(id: string) {
  const [view] = await keeping.describe([await store.forUser(id, { ...host, roles })]);
  return view!;
}
async function actions(id: string): Promise<string[]> {
  const found: string[] = [];
  for await (const line of new AuditReader(db).extract(id)) {
    found.push((JSON.parse(line) as { action: string }).action.replace('recording.', ''));
  }
  return found;
}

describe('legal hold', () => {
  it('is shown with reason and holder, said anew by another, and lifted', async () => {
    const id = await record('r1');
    await keeping.hold(id, asked('ann'));
    const hold = { reason: 'Case 7', by: 'ann@example.org', at: '2026-03-01T12:00:00.000Z' };
    expect((await shown(id)).hold).toEqual(hold);
    await keeping.hold(id, asked('bob', 'Case 8'));
    expect((await shown(id)).hold).toMatchObject({ reason: 'Case 8', by: 'bob@example.org' });
    await keeping.lift(id, asked('ann', 'Settled'));
    expect((await shown(id)).hold).toBeNull();
    await expect(keeping.lift(id, asked('ann'))).rejects.toMatchObject({ code: 'conflict' });
    expect(await actions(id)).toEqual(['hold-set', 'hold-set', 'hold-lifted']);
  });

  it('stops deletion and expiry, until it is lifted', async () => {
    const id = await record('r1');
    await set({ retentionDays: 1 });
    await keeping.hold(id, asked('ann'));
    await expect(deletions.delete(id, asked('ann'))).rejects.toMatchObject({ code: 'conflict' });
    now += 2 * DAY_MS;
    expect(await deletions.sweep()).toBe(0);
    expect(vault.removed).toEqual([]);
    await keeping.lift(id, asked('ann'));
    expect(await deletions.sweep()).toBe(1);
    expect(vault.removed).toEqual([id]);
  });

  it('of what there is not is not-found', async () => {
    const missing = { code: 'not-found' };
    await expect(keeping.hold('x', asked('ann'))).rejects.toMatchObject(missing);
    await expect(keeping.lift('x', asked('ann'))).rejects.toMatchObject(missing);
    await expect(deletions.delete('x', asked('ann'))).rejects.toMatchObject(missing);
    await expect(deletions.withdraw('x', asked('ann'))).rejects.toMatchObject(missing);
    await expect(deletions.tombstone('x')).rejects.toMatchObject(missing);
  });
});

describe('deletion', () => {
  it('removes rows and files, and leaves who, when and why', async () => {
    const id = await record('r1');
    expect(await deletions.delete(id, asked('ann', 'Asked for by Bea'))).toBe('deleted');
    await expect(shown(id)).rejects.toMatchObject({ code: 'not-found' });
    expect(await db.selectFrom('tracks').selectAll().execute()).toEqual([]);
    expect(vault.removed).toEqual([id]);
    const tombstone = await deletions.tombstone(id);
    expect(tombstone).toMatchObject({
      ...{ id, by: ['ann@example.org'], reason: 'Asked for by Bea' },
      deletedAt: '2026-03-01T12:00:00.000Z',
    });
    expect(await deletions.tombstones(10)).toEqual([tombstone]);
    expect(await actions(id)).toEqual(['deleted', 'erased']);
    await expect(deletions.delete(id, asked('ann'))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('by two where the policy says so: not by the same twice, and taken back by a hold', async () => {
    await set({ twoToDelete: true });
    const id = await record('r1');
    expect(await deletions.delete(id, asked('ann'))).toBe('waiting');
    expect((await shown(id)).deletion).toMatchObject({ by: 'ann@example.org', reason: 'Case 7' });
    await expect(deletions.delete(id, asked('ann'))).rejects.toMatchObject({ code: 'conflict' });
    await keeping.hold(id, asked('bob'));
    expect((await shown(id)).deletion).toBeNull();
    await keeping.lift(id, asked('bob'));
    expect(await deletions.delete(id, asked('ann'))).toBe('waiting');
    await deletions.withdraw(id, asked('bob'));
    expect(await deletions.delete(id, asked('bob'))).toBe('waiting');
    expect(vault.removed).toEqual([]);
    expect(await deletions.delete(id, asked('ann', 'Agreed'))).toBe('deleted');
    expect(await deletions.tombstone(id)).toMatchObject({
      by: ['bob@example.org', 'ann@example.org'],
      reason: 'Case 7; Agreed',
    });
  });

  it('not of what is being recorded', async () => {
    const id = await record('r1', { state: 'recording' });
    await expect(deletions.delete(id, asked('ann'))).rejects.toMatchObject({ code: 'conflict' });
  });

  it('not of what failed with its recorder and may go on yet; one that nobody can seal, ten minutes later', async () => {
    const id = await record('r1', { state: 'failed' });
    vault.open.add(id);
    await expect(deletions.delete(id, asked('ann'))).rejects.toMatchObject({ code: 'conflict' });
    now += 600_000;
    expect(await deletions.delete(id, asked('ann'))).toBe('deleted');
    const other = await record('r2', { state: 'failed' });
    expect(await deletions.delete(other, asked('ann'))).toBe('deleted');
  });

  it('files that cannot be removed are removed by a later sweep', async () => {
    const id = await record('r1');
    vault.broken = true;
    const deleting = deletions.delete(id, asked('ann'));
    await expect(deleting).rejects.toMatchObject({ code: 'unavailable' });
    await expect(shown(id)).rejects.toMatchObject({ code: 'not-found' });
    await deletions.sweep();
    expect(await actions(id)).toEqual(['deleted']);
    vault.broken = false;
    await deletions.sweep();
    await deletions.sweep();
    expect([vault.removed, await actions(id)]).toEqual([[id], ['deleted', 'erased']]);
  });

  it('tombstones come in pages', async () => {
    for (const id of ['r1', 'r2', 'r3']) {
      await deletions.delete(await record(id), asked('ann'));
      now += 1000;
    }
    const first = await deletions.tombstones(2);
    expect(first.map(({ id }) => id)).toEqual(['r3', 'r2']);
    expect((await deletions.tombstones(2, 'r2')).map(({ id }) => id)).toEqual(['r1']);
  });
});

describe('retention', () => {
  it('deletes when its time is over, and not a millisecond before', async () => {
    await set({ retentionDays: 30 });
    const id = await record('r1');
    expect((await shown(id)).expiresAt).toBe('2026-03-31T12:00:00.000Z');
    now += 30 * DAY_MS - 1;
    expect(await deletions.sweep()).toBe(0);
    now += 1;
    expect(await deletions.sweep()).toBe(1);
    expect(await deletions.tombstone(id)).toMatchObject({ by: [] });
    expect(await actions(id)).toEqual(['expired', 'erased']);
  });

  it('without a policy keeps for ever, and what is being recorded in any case', async () => {
    await record('r1', { retentionDays: 1 });
    expect((await shown('r1')).expiresAt).toBeNull();
    await record('r2', { state: 'recording' });
    now += 1000 * DAY_MS;
    expect(await deletions.sweep()).toBe(0);
    await set({ retentionDays: 1 });
    expect(await deletions.sweep()).toBe(1);
    expect((await shown('r2')).expiresAt).toBeNull();
  });

  it('a meeting may ask for longer, never for shorter', async () => {
    await set({ retentionDays: 30 });
    await record('longer', { retentionDays: 60 });
    await record('shorter', { retentionDays: 1 });
    now += 29 * DAY_MS;
    expect(await deletions.sweep()).toBe(0);
    now += DAY_MS;
    expect(await deletions.sweep()).toBe(1);
    expect((await shown('longer')).expiresAt).toBe('2026-04-30T12:00:00.000Z');
    now += 30 * DAY_MS;
    expect(await deletions.sweep()).toBe(1);
  });
});

describe('a recording that the store keeps', () => {
  it('is deleted by nobody and does not expire before its time, and shows when that is', async () => {
    const id = await record('r1');
    const lockedUntil = '2026-03-11T12:00:00.000Z';
    const row = { recordingId: id, storedAt: lockedUntil, lockedUntil, held: 0 } as const;
    await db.insertInto('storedRecordings').values(row).execute();
    // Retention is made shorter than when it was put there.
    await set({ retentionDays: 5 });
    expect(await shown(id)).toMatchObject({
      expiresAt: lockedUntil,
      storage: { place: 'store', bucket: 's3://b/rec', lockedUntil },
    });
    now = Date.parse(lockedUntil) - 1;
    await expect(deletions.delete(id, asked('ann'))).rejects.toMatchObject({ code: 'write-once' });
    expect([await deletions.sweep(), vault.removed]).toEqual([0, []]);
    now += 1;
    expect([await deletions.sweep(), vault.removed]).toEqual([1, [id]]);
  });
});

describe('RetentionSweeper', () => {
  it('sweeps at once, goes on after a failure, and close() waits for what is under way', async () => {
    const gates: PromiseWithResolvers<number>[] = [];
    const sweep = (): Promise<number> => {
      const gate = Promise.withResolvers<number>();
      gates.push(gate);
      return gate.promise;
    };
    const sweeper = new RetentionSweeper({ sweep }, pino({ level: 'silent' }), 1);
    gates[0]!.reject(new Error('disk'));
    await expect.poll(() => gates.length).toBe(2);
    const order: string[] = [];
    const closing = sweeper.close().then(() => order.push('closed'));
    // What came due while that one was under way.
    const goOn = setInterval(() => {
      if (order.length === 0) order.push('swept');
      for (const gate of gates) gate.resolve(0);
    }, 1);
    await closing;
    clearInterval(goOn);
    expect(order).toEqual(['swept', 'closed']);
    const { length } = gates;
    await sweeper.close();
    expect(gates).toHaveLength(length);
  });
});
