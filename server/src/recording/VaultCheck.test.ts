import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, type RecordingState, type User } from '@switchroom/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openDatabase, type Database } from '../db/openDatabase.ts';
import { MeetingStore } from '../meetings/MeetingStore.ts';
import { RecordingStore } from './RecordingStore.ts';
import { CHECK_DISK_MS, VaultCheck, type VaultCheckOptions } from './VaultCheck.ts';

const logger = pino({ level: 'silent' });
const owner: User = { id: 'h', email: 'h@example.org', role: 'host', roles: ['host'] };

let dir: string;
let db: Database;
let store: RecordingStore;
let meetingId: string;
/** Asked for, in this order. */
let asked: string[];
/** What the vault has not. */
let gone: Set<string>;
let check: VaultCheck | undefined;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  [asked, gone] = [[], new Set()];
  dir = mkdtempSync(join(tmpdir(), 'vault-check-'));
  db = await openDatabase(dir);
  store = new RecordingStore(db);
  const { id, email, role } = owner;
  const row = { id, email, role, roles: '["host"]', passwordHash: '', createdAt: '' };
  await db
    .insertInto('users')
    .values({ ...row, removedAt: null })
    .execute();
  ({ id: meetingId } = await new MeetingStore(db).create(owner, { title: 'Board' }));
});
afterEach(async () => {
  await check?.close();
  await check?.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  await db.destroy();
  rmSync(dir, { recursive: true, force: true });
});

async function record(id: string, state: RecordingState, tracks = 1): Promise<void> {
  const startedAt = '2026-03-01T10:00:00.000Z';
  await store.insert({ id, meetingId, startedAt }, async () => undefined);
  const names = Array.from({ length: tracks }, (_, at) => `t${at}`);
  await store.report({
    ...{ id, meetingId, startedAt, state, endedAt: null, durationMs: null },
    tracks: names.map((track) => ({
      ...{ id: track, participantId: track, participantName: 'Ann', kind: 'phone' },
      ...{ startMs: 0, endMs: null },
    })),
  });
}

const vault: VaultCheckOptions['vault'] = {
  async isThere(id) {
    asked.push(id);
    return !gone.has(id);
  },
};

it('a recording is expected in the vault once it is over, and if anything was recorded of it', async () => {
  await record('a', 'sealed', 0);
  await record('b', 'recording');
  await record('c', 'failed', 0);
  await record('d', 'failed');
  await record('e', 'sealed');
  expect(await store.ended('', 2)).toEqual(['a', 'd']);
  expect(await store.ended('d', 2)).toEqual(['e']);
  const states = await Promise.all(['a', 'b', 'c', 'd', 'none'].map((id) => store.stateOf(id)));
  expect(states).toEqual(['sealed', 'recording', null, 'failed', null]);
});

it('VaultCheck looks for each now and each hour, and not again for one that it has told of', async () => {
  for (const id of ['a', 'b', 'c']) await record(id, 'sealed');
  gone.add('b');
  check = new VaultCheck({ store, vault, logger, everyMs: CHECK_DISK_MS });
  await vi.waitFor(() => expect(asked.sort()).toEqual(['a', 'b', 'c']));
  await vi.advanceTimersByTimeAsync(3_599_000);
  expect(asked).toHaveLength(3);
  // Deleted by law: nobody misses it.
  await store.remove('c');
  asked = [];
  await vi.advanceTimersByTimeAsync(1000);
  await vi.waitFor(() => expect(asked).toEqual(['a']));
});

it('VaultCheck looks for a few at a time, and ends a round at a hundred that are gone', async () => {
  const ids = Array.from({ length: 1200 }, (_, at) => String(at).padStart(4, '0'));
  let [now, most] = [0, 0];
  const slow: VaultCheckOptions['vault'] = {
    async isThere(id) {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      return await vault.isThere(id);
    },
  };
  const pages = {
    ended: async (after: string, limit: number) => ids.filter((id) => id > after).slice(0, limit),
  };
  check = new VaultCheck({ store: pages, vault: slow, logger, everyMs: CHECK_DISK_MS });
  await vi.waitFor(() => expect(asked).toHaveLength(1200));
  expect(most).toBe(4);
  gone = new Set(ids.slice(300));
  asked = [];
  await vi.advanceTimersByTimeAsync(3_600_000);
  await vi.waitFor(() => expect(now).toBe(0));
  expect(asked.filter((id) => gone.has(id)).length).toBeLessThan(104);
});

it('VaultCheck goes on with the next hour where a store is away', async () => {
  for (const id of ['a', 'b']) await record(id, 'sealed');
  let isAway = true;
  const store2: VaultCheckOptions['vault'] = {
    async isThere(id) {
      if (isAway) throw new AppError('unavailable', 'The store is away.');
      return await vault.isThere(id);
    },
  };
  check = new VaultCheck({ store, vault: store2, logger, everyMs: CHECK_DISK_MS });
  await vi.advanceTimersByTimeAsync(3_000_000);
  isAway = false;
  await vi.advanceTimersByTimeAsync(600_000);
  await vi.waitFor(() => expect(asked.sort()).toEqual(['a', 'b']));
});
