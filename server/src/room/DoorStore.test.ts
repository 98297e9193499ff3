import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Told } from '@switchroom/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../db/openDatabase.ts';
import { MeetingStore } from '../meetings/MeetingStore.ts';
import { FakeSfu } from '../sfu/fake/FakeSfu.ts';
import { DoorStore } from './DoorStore.ts';
import type { Room } from './Room.ts';
import { Rooms } from './Rooms.ts';
import { Diary, someone } from './testing/Diary.ts';

const logger = pino({ level: 'silent' });
const owner = { id: 'u1', email: 'a@example.org', role: 'host', roles: ['host'] } as const;
const WAIT = {
  lobby: false,
  waitForHost: true,
  entry: 'none',
  consent: 'notice',
  numberPrivacy: 'none',
} as const;

const AGREED: Told = {
  ...{ how: 'button', policy: 'required', language: 'en', words: 'Yes?' },
  at: '2026-01-02T03:04:05.000Z',
};

let dir: string;
let db: Database;
let meetings: MeetingStore;
let meetingId: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'switchroom-doors-'));
  db = await openDatabase(dir);
  const createdAt = '2026-01-01T00:00:00.000Z';
  const user = { ...owner, roles: '["host"]', passwordHash: '', createdAt, removedAt: null };
  await db.insertInto('users').values(user).execute();
  meetings = new MeetingStore(db);
  meetingId = (await meetings.create(owner, {})).id;
});
afterEach(async () => {
  await db.destroy();
  rmSync(dir, { recursive: true, force: true });
});

/** A server that starts: `crash` is a kill -9 after what was asked to be written. */
async function start(): Promise<{ room: Room; crash: () => Promise<void> }> {
  const store = new DoorStore(db, logger);
  const saveDoor = store.save.bind(store);
  const rooms = new Rooms({ sfu: new FakeSfu(), logger, doors: await store.load(), saveDoor });
  const { room } = await rooms.enter(meetingId);
  room.configure(WAIT);
  return { room, crash: () => store.whenSaved() };
}

function enter(room: Room, options: Parameters<typeof someone>[2] = {}) {
  const member = someone('Gus', new Diary(), options);
  room.add(member);
  return member.participant;
}

describe('after a crash of the server', () => {
  it('a locked meeting is locked, who was in comes back, the host has come, who was put out waits', async () => {
    const first = await start();
    enter(first.room, { role: 'host' });
    const [gus, mal] = [enter(first.room), enter(first.room)];
    first.room.remove(mal.id, 'removed');
    first.room.setLocked(true);
    await first.crash();

    const { room } = await start();
    expect(room.locked).toBe(true);
    expect(() => enter(room)).toThrow(/locked/);
    expect(enter(room, { returnsTo: room.door.seatOf(gus.seat)! }).waiting).toBe(false);
    room.setLocked(false);
    expect(enter(room).waiting).toBe(false);
    expect(enter(room, { returnsTo: room.door.seatOf(mal.seat)! }).waiting).toBe(true);
  });

  it('who had agreed to be recorded has agreed, and nobody else', async () => {
    const first = await start();
    const host = enter(first.room, { role: 'host' });
    const [gus, mal] = [enter(first.room), enter(first.room)];
    // What was written as they came in is older than this.
    await first.crash();
    await first.room.recorded.told(gus.id, AGREED);
    await first.crash();

    const { room } = await start();
    room.configure({ ...WAIT, consent: 'required' });
    enter(room, { role: 'host', returnsTo: room.door.seatOf(host.seat)! });
    await room.recorded.expect();
    const back = enter(room, { returnsTo: room.door.seatOf(gus.seat)! });
    expect([back.consent, back.silent]).toEqual(['given', false]);
    expect(room.recorded.consents).toEqual([{ ...AGREED, participantId: back.id, name: 'Gus' }]);
    expect(enter(room, { returnsTo: room.door.seatOf(mal.seat)! }).consent).toBe('awaited');
    expect(enter(room).consent).toBe('awaited');
  });

  it('nothing is left of a meeting that everybody had left, or that has ended', async () => {
    const first = await start();
    const host = enter(first.room, { role: 'host' });
    first.room.setLocked(true);
    first.room.leave(host.id, 'left');
    await first.crash();
    expect(await db.selectFrom('doors').selectAll().execute()).toEqual([]);

    const second = await start();
    expect(second.room.locked).toBe(false);
    enter(second.room, { role: 'host' });
    second.room.setLocked(true);
    await second.crash();
    await db.updateTable('meetings').set({ endedAt: '2026-01-01T01:00:00.000Z' }).execute();
    expect([...(await new DoorStore(db, logger).load())]).toEqual([]);
  });

  it('no token is written down', async () => {
    const first = await start();
    const { seat } = enter(first.room, { role: 'host' });
    await first.crash();
    const rows = await db.selectFrom('doors').selectAll().execute();
    expect(rows).toHaveLength(1);
    expect(rows[0]!.record).not.toContain(seat);
  });
});

it('a room that failed is as locked as before', async () => {
  const rooms = new Rooms({ sfu: new FakeSfu(), logger });
  const first = await rooms.enter('m1');
  enter(first.room, { role: 'host' });
  first.room.setLocked(true);
  first.room.close('media-failed');
  const second = await rooms.enter('m1');
  expect(second.room.locked).toBe(true);
});
