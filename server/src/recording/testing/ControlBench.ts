import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Consent, LeaveReason, PausedBy, RecordingStart, User } from '@switchroom/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach } from 'vitest';
import { Alarms } from '../../alarms/Alarms.ts';
import { AuditTrail } from '../../audit/AuditTrail.ts';
import { openDatabase, type Database } from '../../db/openDatabase.ts';
import { MeetingStore, type Meeting } from '../../meetings/MeetingStore.ts';
import type { RoomListener } from '../../room/Member.ts';
import { Participant } from '../../room/Participant.ts';
import type { Room } from '../../room/Room.ts';
import { Rooms } from '../../room/Rooms.ts';
import { FakeSfu } from '../../sfu/fake/FakeSfu.ts';
import { CompletenessLedger } from '../ledger/CompletenessLedger.ts';
import type { Recorder } from '../Recorder.ts';
import { RecordingControl } from '../RecordingControl.ts';
import { RecordingNotes } from '../RecordingNotes.ts';
import { RecordingStore } from '../RecordingStore.ts';

const logger = pino({ level: 'silent' });
export const user: User = { id: 'u1', email: 'a@example.org', role: 'host', roles: ['host'] };
export const listener = { origin: true } as unknown as RoomListener;

/** Does as it is told, but for what a test wants refused. For tests. */
export class FakeRecorder implements Recorder {
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

/** A RecordingControl with all that is behind it, new for each test. For tests. */
export class ControlBench {
  db!: Database;
  rooms!: Rooms;
  meetings!: MeetingStore;
  store!: RecordingStore;
  alarms!: Alarms;
  control!: RecordingControl;
  recorder!: FakeRecorder;
  /** ms since 1970. */
  now = 0;
  #dir = '';
  #ledger!: CompletenessLedger;

  async open(): Promise<void> {
    this.now = Date.parse('2026-01-02T03:00:00.000Z');
    this.#dir = mkdtempSync(join(tmpdir(), 'switchroom-control-'));
    this.db = await openDatabase(this.#dir);
    const createdAt = '2026-01-01T00:00:00.000Z';
    await this.db
      .insertInto('users')
      .values({ ...user, roles: '["host"]', passwordHash: '', createdAt, removedAt: null })
      .execute();
    await this.start();
  }

  /** A server that starts. */
  async start(): Promise<void> {
    const { db } = this;
    const rooms = new Rooms({ sfu: new FakeSfu(), logger });
    const meetings = new MeetingStore(db);
    const store = new RecordingStore(db);
    const trail = new AuditTrail(db);
    const alarms = new Alarms({ trail, logger });
    const ledger = new CompletenessLedger({ alarms, logger, now: () => performance.now() });
    this.control = new RecordingControl({
      ...{ recipient: 'age1x', exportKey: '' },
      ...{ rooms, meetings, store, trail, alarms, ledger, logger },
      pauses: await RecordingNotes.open(db, 'pause', () => this.now),
      wishes: await RecordingNotes.open(db, 'wish', () => this.now),
    });
    this.#ledger = ledger;
    this.recorder = new FakeRecorder();
    Object.assign(this, { rooms, meetings, store, alarms });
  }

  /** A server that is killed, and starts again. */
  async crash(): Promise<void> {
    this.#ledger.close();
    await this.start();
  }

  async close(): Promise<void> {
    this.rooms.close('left');
    this.#ledger.close();
    await this.control.whenSealed();
    await this.db.destroy();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  /** Somebody enters; gives the room and the way out of it. */
  async enter(meeting: Meeting): Promise<{ room: Room; leave: (reason?: LeaveReason) => void }> {
    const { room, release } = await this.rooms.enter(meeting.id);
    const participant = new Participant({ name: 'Ann', kind: 'browser', role: 'participant' });
    room.add({
      participant,
      origin: listener,
      admitted: () => undefined,
      removed: () => undefined,
    });
    release();
    return { room, leave: (reason = 'left') => room.leave(participant.id, reason) };
  }

  async states(): Promise<string[]> {
    const { items } = await this.store.list({ limit: 50 }, user);
    return items.map(({ state }) => state);
  }
}

/** Sets up a bench for each test of the file. */
export function useControlBench(): ControlBench {
  const bench = new ControlBench();
  beforeEach(() => bench.open());
  afterEach(() => bench.close());
  return bench;
}
