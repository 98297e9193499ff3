import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { User } from '@switchroom/protocol';
import { openDatabase, type Database } from '../db/openDatabase.ts';
import { isModeratorPin, MeetingStore } from './MeetingStore.ts';

const user: User = { id: 'u1', email: 'a@example.org', role: 'host', roles: ['host'] };

describe('MeetingStore', () => {
  let dir: string;
  let db: Database;
  let store: MeetingStore;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'switchroom-meetings-'));
    db = await openDatabase(dir);
    const createdAt = '2026-01-01T00:00:00.000Z';
    await db
      .insertInto('users')
      .values({ ...user, roles: '["host"]', passwordHash: '', createdAt, removedAt: null })
      .execute();
    store = new MeetingStore(db);
  });
  afterEach(async () => {
    await db.destroy();
    rmSync(dir, { recursive: true, force: true });
  });

  it('byPin() finds a meeting by either of its PINs, and nothing once it has ended', async () => {
    const meeting = await store.create(user, { waitForHost: true, entry: 'none' });
    expect(meeting).toMatchObject({ lobby: false, waitForHost: true, entry: 'none' });
    expect(await store.byPin(meeting.pin)).toEqual(meeting);
    expect(await store.byPin(meeting.moderatorPin)).toEqual(meeting);
    expect(isModeratorPin(meeting, meeting.moderatorPin)).toBe(true);
    expect(isModeratorPin(meeting, meeting.pin)).toBe(false);
    await store.end(meeting.id);
    expect(await store.byPin(meeting.moderatorPin)).toBeUndefined();
  });

  it('no PIN is that of another meeting, whichever of the two it is there', async () => {
    const first = await store.create(user, {});
    const tries = [first.moderatorPin, '111111', '222222', first.pin, '333333', '333333'];
    const free = ['444444', '555555'];
    const drawn = [...tries, ...free];
    const second = await new MeetingStore(db, () => drawn.shift() ?? '').create(user, {});
    expect([second.pin, second.moderatorPin]).toEqual(free);
    expect(drawn).toEqual([]);
  });

  it('update() changes what is given and nothing else, and not a meeting that has ended', async () => {
    const meeting = await store.create(user, { title: 'Board' });
    const changed = await store.update(meeting.id, { lobby: true, entry: 'roll-call' });
    expect(changed).toEqual({ ...meeting, lobby: true, entry: 'roll-call' });
    expect(await store.update(meeting.id, {})).toEqual(changed);
    await store.end(meeting.id);
    await expect(store.update(meeting.id, { lobby: false })).rejects.toMatchObject({
      code: 'meeting-ended',
    });
    expect(await store.byId(meeting.id)).toMatchObject({ lobby: true });
    await expect(store.update('unknown', {})).rejects.toMatchObject({ code: 'not-found' });
  });
});
