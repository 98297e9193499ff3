import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GatewayConsumerCreated, ParticipantView, User } from '@switchroom/protocol';
import { systemClock } from '../../calls/CallClock.ts';
import { CallRate } from '../../calls/CallRate.ts';
import { Calls } from '../../calls/Calls.ts';
import { DialOut } from '../../calls/DialOut.ts';
import { Alarms } from '../../alarms/Alarms.ts';
import { AuditTrail } from '../../audit/AuditTrail.ts';
import { openDatabase, type Database } from '../../db/openDatabase.ts';
import { MeetingStore, type Meeting } from '../../meetings/MeetingStore.ts';
import { PinGuard } from '../../meetings/PinGuard.ts';
import { CompletenessLedger } from '../../recording/ledger/CompletenessLedger.ts';
import { RecordingControl } from '../../recording/RecordingControl.ts';
import { RecordingNotes } from '../../recording/RecordingNotes.ts';
import { RecordingStore } from '../../recording/RecordingStore.ts';
import { Rooms } from '../../room/Rooms.ts';
import { FakeSfu } from '../../sfu/fake/FakeSfu.ts';
import { DialPlan } from '../../trunks/DialPlan.ts';
import type { GatewayOutbox } from './GatewayOutbox.ts';
import { GatewaySession, type GatewayDeps } from './GatewaySession.ts';

const logger = pino({ level: 'silent' });
const user: User = { id: 'u1', email: 'a@example.org', role: 'host', roles: ['host'] };

/** Writes down what it is told, and can receive everything. */
class FakeOutbox implements GatewayOutbox {
  readonly told: string[] = [];
  /** Whether there were others in the room, each time that it was told so. */
  readonly others: boolean[] = [];
  /** `told` with what was told. */
  readonly news: { participant?: ParticipantView }[] = [];
  readonly offered: GatewayConsumerCreated[] = [];
  tell = (event: string, news: object): void => {
    if ('others' in news) {
      this.others.push(news.others === true);
      return;
    }
    this.told.push(event);
    this.news.push(news);
  };
  offerConsumer = async (news: GatewayConsumerCreated): Promise<void> =>
    void this.offered.push(news);
  placeCall = async (): Promise<void> => undefined;
  startRecording = async (): Promise<void> => undefined;
  pauseRecording = async (): Promise<void> => undefined;
  stopRecording = async (): Promise<void> => undefined;
}

describe('GatewaySession', () => {
  let dir: string;
  let db: Database;
  let sfu: FakeSfu;
  let deps: GatewayDeps;
  let meeting: Meeting;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'switchroom-gateway-'));
    db = await openDatabase(dir);
    const createdAt = '2026-01-01T00:00:00.000Z';
    await db
      .insertInto('users')
      .values({ ...user, roles: '["host"]', passwordHash: '', createdAt, removedAt: null })
      .execute();
    sfu = new FakeSfu();
    const rooms = new Rooms({ sfu, logger });
    const meetings = new MeetingStore(db);
    const store = new RecordingStore(db);
    const [dialPlan, dialOut] = [await DialPlan.open(db), await DialOut.open(db)];
    const rate = await CallRate.open(db, () => systemClock.now());
    const note = async (): Promise<void> => undefined;
    const trail = new AuditTrail(db);
    const alarms = new Alarms({ trail, logger });
    deps = {
      trail,
      alarms,
      rooms,
      meetings,
      dialPlan,
      calls: new Calls({ rooms, dialPlan, dialOut, rate, clock: systemClock, note, logger }),
      recordings: new RecordingControl({
        ...{ rooms, meetings, store, recipient: 'age1x', exportKey: '', logger },
        ...{ trail, alarms, ledger: new CompletenessLedger({ alarms, logger, now: () => 0 }) },
        pauses: await RecordingNotes.open(db, 'pause'),
        wishes: await RecordingNotes.open(db, 'wish'),
      }),
      pins: new PinGuard({ logger }),
      logger,
    };
    meeting = await meetings.create(user, {});
  });
  afterEach(async () => {
    vi.useRealTimers();
    deps.rooms.close('left');
    await db.destroy();
    rmSync(dir, { recursive: true, force: true });
  });

  const session = (outbox = new FakeOutbox(), kind: GatewaySession['kind'] = 'sip-dialin') =>
    new GatewaySession({ kind, outbox, deps });

  it('openRoom() twice at once gives one link', async () => {
    const gateway = session();
    const [one, two] = await Promise.all([
      gateway.openRoom(meeting.id),
      gateway.openRoom(meeting.id),
    ]);
    expect(one).toBe(two);
    expect(sfu.routers[0]!.transports).toHaveLength(1);
    expect(gateway.linkOfTransport(one.transport.id)).toBe(one);
    await expect(gateway.openRoom('unknown')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('a meeting that is ended while its room is made is not opened', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const createRouter = sfu.createRouter.bind(sfu);
    sfu.createRouter = async () => {
      await promise;
      return createRouter();
    };
    const opening = session().openRoom(meeting.id);
    await deps.meetings.end(meeting.id);
    resolve(undefined);
    await expect(opening).rejects.toMatchObject({ code: 'meeting-ended' });
    expect(deps.rooms.get(meeting.id)).toBeUndefined();
  });

  it('consumers are made once the transport is connected, to the same address twice', async () => {
    const outbox = new FakeOutbox();
    const recorder = session(outbox, 'recorder');
    const phone = await (await session().openRoom(meeting.id)).addPhone({ name: 'Phone', ssrc: 1 });
    const link = await recorder.openRoom(meeting.id);
    expect(outbox.offered).toEqual([]);
    await link.connect('127.0.0.1', 5000);
    await link.connect('127.0.0.1', 5000);
    await vi.waitFor(() =>
      expect(outbox.offered).toMatchObject([{ participant: { id: phone.id } }]),
    );
    expect(link.streams).toBe(1);
    await expect(link.connect('127.0.0.1', 5001)).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('releaseRoom() closes transport and room, which has nobody; twice is silent', async () => {
    const outbox = new FakeOutbox();
    const gateway = session(outbox);
    await gateway.openRoom(meeting.id);
    gateway.releaseRoom(meeting.id);
    gateway.releaseRoom(meeting.id);
    expect(outbox.others).toEqual([false]);
    expect(sfu.routers[0]!.transports[0]!.closed).toBe(true);
    expect(deps.rooms.get(meeting.id)).toBeUndefined();
    expect(outbox.told).toEqual([]);
    expect(() => gateway.link(meeting.id)).toThrow(/open it first/);
  });

  it('is told when the room closes, and can open it again', async () => {
    const outbox = new FakeOutbox();
    const gateway = session(outbox);
    const link = await gateway.openRoom(meeting.id);
    deps.rooms.get(meeting.id)!.close('media-failed');
    link.close('left');
    expect(outbox.told).toEqual(['room:closed']);
    expect(await gateway.openRoom(meeting.id)).not.toBe(link);
  });

  it('disconnected() takes its phones out; twice is silent, and what was opening is closed', async () => {
    const outbox = new FakeOutbox();
    const other = session(outbox, 'recorder');
    await other.openRoom(meeting.id);
    const gateway = session();
    await (await gateway.openRoom(meeting.id)).addPhone({ name: 'Phone', ssrc: 1 });
    const second = await deps.meetings.create(user, {});
    const opening = gateway.openRoom(second.id);
    gateway.disconnected();
    gateway.disconnected();
    await expect(opening).rejects.toMatchObject({ code: 'unavailable' });
    expect(outbox.told).toEqual(['participant:joined', 'participant:left', 'room:closed']);
    expect(deps.rooms.all()).toEqual([]);
  });

  it('a phone that hangs up is not echoed to its own gateway', async () => {
    const outbox = new FakeOutbox();
    const link = await session(outbox).openRoom(meeting.id);
    const [one, two] = [
      await link.addPhone({ name: 'One', ssrc: 1 }),
      await link.addPhone({ name: 'Two', ssrc: 2 }),
    ];
    await link.setPhoneMuted(one.id, true);
    link.removePhone(one.id);
    link.removePhone(one.id);
    expect(outbox.told).toEqual([]);
    await expect(link.setPhoneMuted(one.id, true)).rejects.toMatchObject({ code: 'not-found' });
    deps.rooms.get(meeting.id)!.remove(two.id, 'removed');
    expect(outbox.told).toEqual(['participant:left', 'room:closed']);
  });

  it('a phone raises its hand: others see it, its own gateway is not told', async () => {
    const outbox = new FakeOutbox();
    const other = new FakeOutbox();
    const link = await session(outbox).openRoom(meeting.id);
    await session(other, 'recorder').openRoom(meeting.id);
    const phone = await link.addPhone({ name: 'One', ssrc: 1 });
    link.setPhoneHandRaised(phone.id, true);
    link.setPhoneHandRaised(phone.id, true);
    expect(link.room.participants()).toMatchObject([{ handRaised: true }]);
    expect(other.told).toEqual(['participant:joined', 'participant:updated']);
    expect(outbox.told).toEqual([]);
    expect(() => link.setPhoneHandRaised('unknown', true)).toThrow(/no such phone/);
  });

  it('a phone holds its call: a recorder is told, also one that comes later', async () => {
    const outbox = new FakeOutbox();
    const link = await session(outbox).openRoom(meeting.id);
    const recorder = new FakeOutbox();
    await session(recorder, 'recorder').openRoom(meeting.id);
    const { id } = await link.addPhone({ name: 'One', ssrc: 1 });
    await link.setPhoneMuted(id, true);
    link.setPhoneHeld(id, true);
    link.setPhoneHeld(id, true);
    expect(recorder.news.map(({ participant }) => participant?.held)).toEqual([false, false, true]);
    expect(outbox.told).toEqual([]);
    const second = new FakeOutbox();
    await session(second, 'recorder').openRoom(meeting.id);
    expect(outbox.others).toEqual([false, true]);
    expect([recorder.others, second.others]).toEqual([[], []]);
    expect(second.told).toEqual(['participant:joined']);
    expect(second.news).toMatchObject([{ participant: { id, muted: true, held: true } }]);
    expect(() => link.setPhoneHeld('unknown', true)).toThrow(/no such phone/);
  });

  it('an opened room waits ten seconds for the phone when everybody else leaves', async () => {
    const host = await session().openRoom(meeting.id);
    const { id } = await host.addPhone({ name: 'Host', ssrc: 1 });
    vi.useFakeTimers();
    const gateway = session();
    await gateway.openRoom(meeting.id);
    host.removePhone(id);
    expect(deps.rooms.get(meeting.id)).toBeDefined();
    vi.advanceTimersByTime(10_000);
    expect(deps.rooms.get(meeting.id)).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });
});
