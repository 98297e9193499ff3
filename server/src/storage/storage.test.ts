import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, ConfigError, recordingPolicySchema } from '@switchroom/protocol';
import type { Keep } from '@switchroom/recordings/vault';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../db/openDatabase.ts';
import { openRecordingPolicy, type RecordingPolicy } from '../retention/RecordingPolicy.ts';
import { Mover } from './Mover.ts';
import { checkStore } from './openCheckedStore.ts';
import { StoredRecordings } from './StoredRecordings.ts';

const DAY_MS = 86_400_000;
const ENDED_AT = '2026-03-01T12:00:00.500Z';

let dir: string;
let db: Database;
let policy: RecordingPolicy;
let now: number;
let stored: StoredRecordings;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'switchroom-storage-'));
  db = await openDatabase(dir);
  policy = await openRecordingPolicy(db);
  now = Date.parse(ENDED_AT) + 1000;
  stored = new StoredRecordings({ db, policy, locks: true, now: () => now });
  const user = { id: 'u1', email: 'u1', passwordHash: '', role: 'host', roles: '[]' } as const;
  const createdAt = ENDED_AT;
  await db
    .insertInto('users')
    .values({ ...user, createdAt, removedAt: null })
    .execute();
  await db
    .insertInto('meetings')
    .values({
      ...{
        id: 'm1',
        ownerId: 'u1',
        title: '',
        consent: 'notice',
        joinToken: '',
        pin: '1',
        moderatorPin: '2',
        createdAt,
      },
      ...{ lobby: 0, waitForHost: 0, entry: 'tones', recording: 'always', numberPrivacy: 'none' },
      ...{ retentionDays: null, endedAt: null },
    })
    .execute();
});
afterEach(async () => {
  await db.destroy();
  rmSync(dir, { recursive: true });
});

async function recorded(id: string, state: 'sealed' | 'recording' = 'sealed'): Promise<void> {
  const row = { id, meetingId: 'm1', startedAt: ENDED_AT, endedAt: ENDED_AT, durationMs: 0 };
  await db
    .insertInto('recordings')
    .values({ ...row, state })
    .execute();
}

function retain(retentionDays: number | null): Promise<void> {
  return policy.set(recordingPolicySchema.parse({ retentionDays }));
}

function hold(recordingId: string): Promise<unknown> {
  const row = { recordingId, reason: 'Case 7', userId: 'u1', by: 'u1', at: ENDED_AT };
  return db.insertInto('holds').values(row).execute();
}

describe('StoredRecordings', () => {
  it('keeps by policy, to the next whole second, and by hold', async () => {
    await recorded('r1');
    expect(await stored.begin('r1')).toEqual({ until: null, hold: false });
    await retain(30);
    await hold('r1');
    const until = new Date(Math.ceil(Date.parse(ENDED_AT) / 1000) * 1000 + 30 * DAY_MS);
    expect(await stored.begin('r1')).toEqual({ until, hold: true });
    // What is over cannot be kept.
    now += 31 * DAY_MS;
    expect(await stored.begin('r1')).toEqual({ until: null, hold: true });
  });

  it('begins nothing that is recorded, or that is not there', async () => {
    await recorded('r1', 'recording');
    expect([await stored.begin('r1'), await stored.begin('r2')]).toEqual([null, null]);
    expect(await stored.done('r1')).toBe(false);
  });

  it('knows what is to be kept longer, or under hold, and no longer so', async () => {
    for (const id of ['r1', 'r2', 'r3']) {
      await recorded(id);
      await stored.begin(id);
    }
    await stored.done('r1');
    await stored.done('r2');
    const outdated = async (): Promise<string[]> => {
      const found = await stored.outdated();
      for (const { recordingId, keep } of found) await stored.kept(recordingId, keep);
      return found.map(({ recordingId }) => recordingId).sort();
    };
    expect(await outdated()).toEqual([]);
    await hold('r1');
    expect(await outdated()).toEqual(['r1']);
    expect(await outdated()).toEqual([]);
    await db.deleteFrom('holds').execute();
    expect(await outdated()).toEqual(['r1']);
    await retain(30);
    expect(await outdated()).toEqual(['r1', 'r2']);
    // Shorter is not possible.
    await retain(10);
    expect(await outdated()).toEqual([]);
    await db.updateTable('meetings').set({ retentionDays: 60 }).execute();
    expect(await outdated()).toEqual(['r1', 'r2']);
    expect(await outdated()).toEqual([]);
  });

  it('keeps nothing in a store that shall not', async () => {
    const free = new StoredRecordings({ db, policy, locks: false, now: () => now });
    await retain(30);
    await recorded('r1');
    await hold('r1');
    expect(await free.begin('r1')).toEqual({ until: null, hold: false });
    await free.done('r1');
    expect(await free.outdated()).toEqual([]);
  });
});

describe('Mover', () => {
  const times = { look: 1, firstWait: 1, longestWait: 4, rest: 3_600_000 };
  const moved: string[] = [];
  const failing = new Map<string, Error>();
  let here: string[];
  let checks: (() => void)[];
  let mover: Mover;

  function move(): Mover {
    moved.length = 0;
    failing.clear();
    checks = [];
    const files = {
      sealedHere: async () => here.filter((id) => !moved.includes(id)),
      async upload(id: string, prepare: () => Promise<Keep | null>): Promise<Keep | null> {
        const keep = await prepare();
        const failure = failing.get(id);
        if (failure) throw failure;
        return keep;
      },
      drop: async (id: string) => void moved.push(id),
      clear: async () => undefined,
      keep: async () => undefined,
    };
    const store = { label: 'store', check: async () => checks.shift()?.() };
    const chain = { copy: async () => undefined };
    const logger = pino({ level: 'silent' });
    return new Mover({ store, files, chain, stored, logger, times });
  }
  afterEach(() => mover.close());

  it('moves what is sealed; what cannot be moved by itself stays, and stops no other', async () => {
    for (const id of ['r1', 'r2', 'r3']) await recorded(id);
    here = ['r1', 'r2', 'r3'];
    mover = move();
    failing.set('r2', new Error('damaged'));
    await expect.poll(() => moved).toEqual(['r1', 'r3']);
    await expect.poll(() => mover.waiting).toBe(1);
    expect(mover.failures).toBe(1);
    const row = db.selectFrom('storedRecordings').selectAll().where('storedAt', 'is not', null);
    expect((await row.execute()).map(({ recordingId }) => recordingId)).toEqual(['r1', 'r3']);
  });

  it('goes on when the store is back, and moves none while it is away', async () => {
    await recorded('r1');
    here = ['r1'];
    mover = move();
    failing.set('r1', new AppError('unavailable', 'away'));
    await expect.poll(() => mover.failures).toBeGreaterThan(3);
    expect([moved, mover.waiting]).toEqual([[], 1]);
    failing.clear();
    await expect.poll(() => moved).toEqual(['r1']);
    await expect.poll(() => mover.waiting).toBe(0);
  });

  it('moves nothing into a store that is not as it is set up', async () => {
    await recorded('r1');
    here = ['r1'];
    mover = move();
    const refuse = (): void => {
      throw new Error('no Object Lock');
    };
    checks.push(...(Array(5).fill(refuse) as (() => void)[]));
    await expect.poll(() => mover.failures).toBe(5);
    await expect.poll(() => moved).toEqual(['r1']);
  });

  it('close() ends it; twice is silent', async () => {
    here = [];
    mover = move();
    await mover.close();
    await mover.close();
    await recorded('r1');
    here = ['r1'];
    await new Promise((resolve) => setImmediate(resolve));
    expect(moved).toEqual([]);
  });
});

describe('checkStore()', () => {
  let logs: string[];
  const refused = new ConfigError('S3_ACCESS_KEY_ID: https://s3 does not know it');

  function check(error: Error): Promise<void> {
    const logger = pino({}, { write: (line: string) => void logs.push(line) });
    return checkStore({ check: () => Promise.reject(error) }, db, logger);
  }

  beforeEach(() => {
    logs = [];
  });

  it('a store that is away keeps nobody from starting', async () => {
    await check(new AppError('unavailable', 'ECONNREFUSED'));
    expect(logs.join('')).toContain('the store is away');
  });

  it('one that refuses what is set does, until a recording was moved there', async () => {
    await recorded('r1');
    await stored.begin('r1');
    await expect(check(refused)).rejects.toBe(refused);
    await stored.done('r1');
    await check(refused);
    expect(logs.join('')).toContain('S3_ACCESS_KEY_ID: https://s3 does not know it');
  });
});
