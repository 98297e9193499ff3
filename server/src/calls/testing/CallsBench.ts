import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createTrunkSchema,
  dialOutPolicySchema,
  type CallView,
  type CreateMeeting,
  type User,
} from '@switchroom/protocol';
import { pino } from 'pino';
import { openDatabase, type Database } from '../../db/openDatabase.ts';
import { MeetingStore, type Meeting } from '../../meetings/MeetingStore.ts';
import { Rooms } from '../../room/Rooms.ts';
import { FakeSfu } from '../../sfu/fake/FakeSfu.ts';
import { DialPlan } from '../../trunks/DialPlan.ts';
import type { CallOrder } from '../Call.ts';
import { CallRate } from '../CallRate.ts';
import { Calls } from '../Calls.ts';
import { DialOut } from '../DialOut.ts';
import { FakeCallClock } from './FakeCallClock.ts';
import { FakeCallGateway } from './FakeCallGateway.ts';

const owner: User = { id: 'u1', email: 'a@example.org', role: 'host', roles: ['host'] };
export const NUMBER = '+15550001234';

/** Calls over a database of their own, with one gateway and one trunk; numbers of +1 may be called. */
export class CallsBench {
  readonly clock = new FakeCallClock();
  readonly gateway = new FakeCallGateway();
  readonly logs: string[] = [];
  /** The names of those that were written down as ordered. */
  readonly noted: string[] = [];
  /** What the rooms were told, e.g. `calling`, `failed busy`, `gone`. */
  readonly told: string[] = [];
  readonly logger = pino({ level: 'info' }, { write: (line: string) => void this.logs.push(line) });
  readonly rooms = new Rooms({ sfu: new FakeSfu(), logger: this.logger });
  readonly dir: string;
  readonly db: Database;
  readonly dialPlan: DialPlan;
  readonly dialOut: DialOut;

  private constructor(dir: string, parts: { db: Database; dialPlan: DialPlan; dialOut: DialOut }) {
    this.dir = dir;
    this.db = parts.db;
    this.dialPlan = parts.dialPlan;
    this.dialOut = parts.dialOut;
  }

  static async open(): Promise<CallsBench> {
    const dir = mkdtempSync(join(tmpdir(), 'switchroom-calls-'));
    const db = await openDatabase(dir);
    const createdAt = '2026-01-01T00:00:00.000Z';
    await db
      .insertInto('users')
      .values({ ...owner, roles: '["host"]', passwordHash: '', createdAt, removedAt: null })
      .execute();
    const [dialPlan, dialOut] = [await DialPlan.open(db), await DialOut.open(db)];
    const outbound = { uri: 'sip:192.0.2.1', callerId: '+15550100' };
    await dialPlan.trunks.create(createTrunkSchema.parse({ name: 'Carrier', outbound }));
    const bench = new CallsBench(dir, { db, dialPlan, dialOut });
    await bench.allow({});
    return bench;
  }

  /** As after a start of the server, with the gateway connected. */
  async makeCalls(): Promise<Calls> {
    const { db, clock, rooms, dialPlan, dialOut, logger } = this;
    const rate = await CallRate.open(db, () => clock.now());
    const note = async (order: CallOrder): Promise<void> => void this.noted.push(order.name);
    const calls = new Calls({ rooms, dialPlan, dialOut, rate, clock, note, logger });
    calls.addGateway(this.gateway);
    calls.events.on('changed', (_, { state, reason }) =>
      this.told.push(reason === null ? state : `${state} ${reason}`),
    );
    calls.events.on('gone', () => this.told.push('gone'));
    return calls;
  }

  makeMeeting(wish: CreateMeeting = {}): Promise<Meeting> {
    return new MeetingStore(this.db).create(owner, wish);
  }

  /** The dial-out policy; `allowed` is +1 unless given. */
  async allow(policy: object): Promise<void> {
    await this.dialOut.set(dialOutPolicySchema.parse({ allowed: ['+1'], ...policy }));
  }

  async close(): Promise<void> {
    this.rooms.close('left');
    await this.db.destroy();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The lines that were logged of this call, or of all. */
export function callLog(logs: readonly string[], call?: CallView): Record<string, unknown>[] {
  const lines = logs.map((line) => JSON.parse(line) as Record<string, unknown>);
  return lines.filter(({ file, callId }) => file === 'Calls' && (!call || callId === call.id));
}
