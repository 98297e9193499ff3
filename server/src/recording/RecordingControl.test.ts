import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  AppError,
  type Consent,
  type PausedBy,
  type RecordingNews,
  type RecordingStart,
  type RecordingView,
  type User,
} from '@switchroom/protocol';
import { Alarms } from '../alarms/Alarms.ts';
import { AuditTrail, SYSTEM } from '../audit/AuditTrail.ts';
import { openDatabase, type Database } from '../db/openDatabase.ts';
import { MeetingStore, type Meeting } from '../meetings/MeetingStore.ts';
import type { RoomListener } from '../room/Member.ts';
import { Participant } from '../room/Participant.ts';
import type { Room } from '../room/Room.ts';
import { Rooms } from '../room/Rooms.ts';
import { FakeSfu } from '../sfu/fake/FakeSfu.ts';
import { CompletenessLedger } from './ledger/CompletenessLedger.ts';
import { PAUSE_KEPT_MS, Pauses } from './Pauses.ts';
import type { Recorder } from './Recorder.ts';
import { RecordingControl } from './RecordingControl.ts';
import { RecordingStore } from './RecordingStore.ts';

const logger = pino({ level: 'silent' });
const user: User = { id: 'u1', email: 'a@example.org', role: 'host', roles: ['host'] };
const listener = { origin: true } as unknown as RoomListener;

class FakeRecorder implements Recorder {
  readonly starts: RecordingStart[] = [];
  readonly stops: string[] = [];
  readonly pauses: (string | null | undefined)[] = [];
  readonly told: Consent[] = [];
  refusal: Error | undefined;

  async start(request: RecordingStart): Promise<void> {
    this.starts.push(request);
    const { refusal } = this;
    this.refusal = undefined;
    if (refusal) throw refusal;
  }

  async pause(_recordingId: string, by: PausedBy | null): Promise<void> {
    this.pauses.push(by && by.name);
    const { refusal } = this;
    this.refusal = undefined;
    if (refusal) throw refusal;
  }

  tell(_recordingId: string, consents: Consent[]): void {
    this.told.push(...consents);
  }

  async stop(recordingId: string): Promise<void> {
    this.stops.push(recordingId);
  }

  giveUp(): void {
    throw new Error('Nobody told that it is quiet.');
  }
}

describe('RecordingControl', () => {
  let dir: string;
  let db: Database;
  let rooms: Rooms;
  let meetings: MeetingStore;
  let store: RecordingStore;
  let alarms: Alarms;
  let ledger: CompletenessLedger;
  let control: RecordingControl;
  let recorder: FakeRecorder;
  /** ms since 1970. */
  let now = Date.parse('2026-01-02T03:00:00.000Z');

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'switchroom-control-'));
    db = await openDatabase(dir);
    const createdAt = '2026-01-01T00:00:00.000Z';
    await db
      .insertInto('users')
      .values({ ...user, roles: '["host"]', passwordHash: '', createdAt, removedAt: null })
      .execute();
    rooms = new Rooms({ sfu: new FakeSfu(), logger });
    meetings = new MeetingStore(db);
    store = new RecordingStore(db);
    const trail = new AuditTrail(db);
    const keys = { recipient: 'age1x', exportKey: '' };
    alarms = new Alarms({ trail, logger });
    ledger = new CompletenessLedger({ alarms, logger, now: () => performance.now() });
    const pauses = await Pauses.open(db, () => now);
    control = new RecordingControl({
      ...{ ...keys, rooms, meetings, store, pauses, trail, alarms, ledger, logger },
    });
    recorder = new FakeRecorder();
  });
  afterEach(async () => {
    rooms.close('left');
    ledger.close();
    await control.whenSealed();
    await db.destroy();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Somebody enters; gives the room and the way out of it. */
  async function enter(meeting: Meeting): Promise<{ room: Room; leave: () => void }> {
    const { room, release } = await rooms.enter(meeting.id);
    const participant = new Participant({ name: 'Ann', kind: 'browser', role: 'participant' });
    room.add({
      participant,
      origin: listener,
      admitted: () => undefined,
      removed: () => undefined,
    });
    release();
    return { room, leave: () => room.leave(participant.id, 'left') };
  }

  const states = async (): Promise<string[]> => {
    const { items } = await store.list({ limit: 50 }, user);
    return items.map(({ state }) => state);
  };

  it('a meeting with policy always is recorded from its first participant to its last', async () => {
    control.addRecorder(recorder);
    const meeting = await meetings.create(user, { recording: 'always', title: 'Board' });
    const { room, leave } = await enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    expect(recorder.starts).toMatchObject([
      { meetingId: meeting.id, title: 'Board', recipient: 'age1x' },
    ]);
    leave();
    await control.whenSealed();
    expect(recorder.stops).toEqual([recorder.starts[0]!.recordingId]);
  });

  it('start() before anybody is in waits for the first participant, and that once', async () => {
    control.addRecorder(recorder);
    const meeting = await meetings.create(user, {});
    await control.start(meeting, SYSTEM);
    await control.start(meeting, SYSTEM);
    expect(recorder.starts).toEqual([]);
    const { room, leave } = await enter(meeting);
    await enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    await control.start(meeting, SYSTEM);
    expect(recorder.starts).toHaveLength(1);
    leave();
  });

  it('start() is refused by policy and without a recorder', async () => {
    const off = await meetings.create(user, { recording: 'off' });
    await expect(control.start(off, SYSTEM)).rejects.toMatchObject({ code: 'recording-off' });
    const meeting = await meetings.create(user, {});
    await expect(control.start(meeting, SYSTEM)).rejects.toMatchObject({
      code: 'recorder-unavailable',
    });
  });

  it('stop() holds until the room closes, also with policy always', async () => {
    control.addRecorder(recorder);
    const meeting = await meetings.create(user, { recording: 'always' });
    const { room } = await enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    await control.stop(meeting, SYSTEM);
    await control.stop(meeting, SYSTEM);
    expect(room.recording).toBe(false);
    await enter(meeting);
    await control.whenSealed();
    expect(recorder.starts).toHaveLength(1);
    room.close('left');
    const again = await enter(meeting);
    await vi.waitFor(() => expect(again.room.recording).toBe(true));
    expect(recorder.starts).toHaveLength(2);
  });

  it('a recorder that refuses leaves nothing behind, one that is silent a failed recording', async () => {
    control.addRecorder(recorder);
    const meeting = await meetings.create(user, {});
    const { room } = await enter(meeting);
    recorder.refusal = new AppError('internal', 'disk full');
    await expect(control.start(meeting, SYSTEM)).rejects.toMatchObject({
      code: 'recorder-unavailable',
    });
    expect(await states()).toEqual([]);
    recorder.refusal = new AppError('storage-full', 'Only 3 MB are free.');
    await expect(control.start(meeting, SYSTEM)).rejects.toMatchObject({ code: 'storage-full' });
    expect(await states()).toEqual([]);
    recorder.refusal = new Error('no answer in time');
    await expect(control.start(meeting, SYSTEM)).rejects.toMatchObject({
      code: 'recorder-unavailable',
    });
    expect(await states()).toEqual(['failed']);
    expect(room.recording).toBe(false);
    // A refused wish is over: nothing begins later by itself.
    await enter(meeting);
    await control.whenSealed();
    expect(recorder.starts).toHaveLength(3);
    await control.start(meeting, SYSTEM);
    expect(room.recording).toBe(true);
  });

  it('a meeting that must be recorded is tried again after a failure, until its room closes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    control.addRecorder(recorder);
    const meeting = await meetings.create(user, { recording: 'always' });
    recorder.refusal = new AppError('internal', 'disk full');
    const { room } = await enter(meeting);
    // To try again, and to raise the alarm.
    await expect.poll(() => vi.getTimerCount()).toBe(2);
    recorder.refusal = new AppError('internal', 'disk full');
    vi.advanceTimersByTime(5000);
    await expect.poll(() => recorder.starts.length).toBe(2);
    await expect.poll(() => vi.getTimerCount()).toBe(1);
    room.close('left');
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('a meeting that must be recorded and is not is an alarm, at once when the disk is full', async () => {
    const meeting = await meetings.create(user, { recording: 'always' });
    const kinds = (): string[] => alarms.of(meeting.id);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { room, leave } = await enter(meeting);
    await expect.poll(() => vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(4900);
    expect(kinds()).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(kinds()).toEqual(['recorder-unavailable']);
    vi.useRealTimers();
    recorder.refusal = new AppError('storage-full', 'Only 3 MB are free.');
    control.addRecorder(recorder);
    await vi.waitFor(() => expect(kinds()).toContain('storage-full'));
    await control.start(meeting, SYSTEM);
    expect(room.recording).toBe(true);
    expect(kinds()).toEqual([]);
    control.removeRecorder(recorder);
    await enter(meeting);
    leave();
    room.close('left');
    expect(kinds()).toEqual([]);
  });

  it('a recorder that comes back and never stopped goes on under the same id', async () => {
    control.addRecorder(recorder);
    const meeting = await meetings.create(user, { recording: 'always' });
    const { room } = await enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    const { recordingId } = recorder.starts[0]!;
    control.removeRecorder(recorder);
    control.removeRecorder(recorder);
    await vi.waitFor(async () => expect(await states()).toEqual(['failed']));

    const back = new FakeRecorder();
    control.addRecorder(back, [{ meetingId: meeting.id, recordingId }]);
    await vi.waitFor(() => expect(back.starts.at(-1)).toMatchObject({ recordingId }));
    await vi.waitFor(async () => expect(await states()).toEqual(['recording']));
  });

  it('a recorder that outlived the server goes on under the same id', async () => {
    const meeting = await meetings.create(user, { recording: 'always' });
    const startedAt = '2026-01-02T03:04:05.000Z';
    await store.insert(
      { id: 'from-before', meetingId: meeting.id, startedAt },
      async () => undefined,
    );
    await store.failUnfinished();
    // Another one is there sooner, and has nothing to do with it.
    control.addRecorder(new FakeRecorder());
    control.addRecorder(recorder, [{ meetingId: meeting.id, recordingId: 'from-before' }]);
    const { room } = await enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    expect(recorder.starts.at(-1)).toMatchObject({ recordingId: 'from-before' });
    expect(await states()).toEqual(['recording']);
  });

  it('a second recorder goes on at once when the first dies; one that was only cut off seals', async () => {
    const second = new FakeRecorder();
    control.addRecorder(recorder);
    control.addRecorder(second);
    const meeting = await meetings.create(user, { recording: 'always' });
    const { room } = await enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    const { recordingId } = recorder.starts[0]!;
    const told: boolean[] = [];
    room.listen({
      ...listener,
      ...{
        inside: true,
        recordingChanged: (news: RecordingNews) => void told.push(news.recording),
      },
      roomClosed: () => undefined,
    });
    control.removeRecorder(recorder);
    await vi.waitFor(() => expect(second.starts).toMatchObject([{ meetingId: meeting.id }]));
    expect(told).toEqual([]);
    expect(second.starts[0]!.recordingId).not.toBe(recordingId);
    control.addRecorder(recorder, [{ meetingId: meeting.id, recordingId }]);
    expect(recorder.stops).toEqual([recordingId]);
    expect(recorder.starts).toHaveLength(1);
  });

  it('the room is told that nobody records it when the recorder is not replaced within 3 s', async () => {
    control.addRecorder(recorder);
    const meeting = await meetings.create(user, { recording: 'always' });
    const { room } = await enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    control.removeRecorder(recorder);
    vi.advanceTimersByTime(2900);
    expect(room.recording).toBe(true);
    vi.advanceTimersByTime(200);
    expect(room.recording).toBe(false);
    vi.useRealTimers();
    control.addRecorder(recorder);
    await vi.waitFor(() => expect(room.recording).toBe(true));
  });

  it('what a recorder holds for a meeting that nobody comes back to is sealed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    control.addRecorder(recorder, [{ meetingId: 'm', recordingId: 'r' }]);
    vi.advanceTimersByTime(29_000);
    expect(recorder.stops).toEqual([]);
    vi.advanceTimersByTime(2000);
    expect(recorder.stops).toEqual(['r']);
    control.removeRecorder(recorder);
    control.addRecorder(recorder, [{ meetingId: 'm', recordingId: 'r' }]);
    control.removeRecorder(recorder);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('a pause outlives a recorder that dies and a room that empties for a while, and ends with a stop', async () => {
    control.addRecorder(recorder);
    const meeting = await meetings.create(user, { recording: 'always' });
    await expect(control.pausing.pause(meeting.id, SYSTEM)).rejects.toMatchObject({
      code: 'conflict',
    });
    const { room, leave } = await enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    expect(recorder.starts[0]).toMatchObject({ pausedBy: null });
    await control.pausing.pause(meeting.id, SYSTEM);
    expect(room.recorded.news).toMatchObject({ recording: true, paused: true });
    const other = new FakeRecorder();
    control.addRecorder(other);
    control.removeRecorder(recorder);
    await vi.waitFor(() => {
      expect(other.starts[0]).toMatchObject({ pausedBy: { kind: 'system' } });
    });
    leave();
    now += PAUSE_KEPT_MS - 1;
    // The server may have been started anew meanwhile.
    const again = await Pauses.open(db, () => now);
    expect(again.of(meeting.id)).toMatchObject({ kind: 'system' });
    const back = await enter(meeting);
    await vi.waitFor(() => expect(back.room.recorded.news).toMatchObject({ paused: true }));
    await control.stop(meeting, SYSTEM);
    await control.start(meeting, SYSTEM);
    expect(back.room.recorded.news).toMatchObject({ recording: true, paused: false });

    await control.pausing.pause(meeting.id, SYSTEM);
    back.leave();
    await vi.waitFor(async () => {
      const [row] = await db.selectFrom('pauses').select('until').execute();
      expect(row?.until).not.toBeNull();
    });
    now += PAUSE_KEPT_MS + 1;
    const later = await enter(meeting);
    await vi.waitFor(() => expect(later.room.recording).toBe(true));
    expect(later.room.recorded.news).toMatchObject({ paused: false });
  });

  it('a recorder that does not answer to a pause is an error, and nothing is paused', async () => {
    control.addRecorder(recorder);
    const meeting = await meetings.create(user, { recording: 'always' });
    const { room } = await enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    recorder.refusal = new Error('no answer in time');
    await expect(control.pausing.pause(meeting.id, SYSTEM)).rejects.toMatchObject({
      code: 'recorder-unavailable',
    });
    expect(room.recorded.news.paused).toBe(false);
    await control.pausing.toggle(meeting.id, SYSTEM);
    await control.pausing.toggle(meeting.id, SYSTEM);
    expect(recorder.pauses).toEqual([null, null, null]);
    expect(room.recorded.news.paused).toBe(false);
  });

  it('report() that it sealed by itself ends the recording for the room', async () => {
    control.addRecorder(recorder);
    const meeting = await meetings.create(user, { recording: 'always' });
    const { room } = await enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    const view: RecordingView = {
      id: recorder.starts[0]!.recordingId,
      meetingId: meeting.id,
      startedAt: '2026-01-02T03:04:05.000Z',
      endedAt: '2026-01-02T03:04:06.000Z',
      durationMs: 1000,
      state: 'failed',
      tracks: [],
    };
    await expect(control.report({ ...view, meetingId: 'other' })).rejects.toMatchObject({
      code: 'not-found',
    });
    await control.report(view);
    expect(room.recording).toBe(false);
    expect(await states()).toEqual(['failed']);
  });

  it('report() that a file could not be written has another begin at once, unless it had just begun', async () => {
    control.addRecorder(recorder);
    const meeting = await meetings.create(user, { recording: 'always' });
    const { room } = await enter(meeting);
    await vi.waitFor(() => expect(room.recording).toBe(true));
    const fail = async (durationMs: number): Promise<void> =>
      control.report({
        id: recorder.starts.at(-1)!.recordingId,
        meetingId: meeting.id,
        startedAt: '2026-01-02T03:04:05.000Z',
        endedAt: '2026-01-02T03:04:06.000Z',
        ...{ durationMs, state: 'failed', tracks: [] },
      });
    await fail(60_000);
    expect(room.recording).toBe(true);
    await vi.waitFor(() => expect(recorder.starts).toHaveLength(2));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await fail(1000);
    expect(room.recording).toBe(false);
    vi.advanceTimersByTime(5000);
    vi.useRealTimers();
    await vi.waitFor(() => expect(recorder.starts).toHaveLength(3));
  });
});
