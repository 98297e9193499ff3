import type { AppError } from '@switchroom/protocol';
import { type CallView } from '@switchroom/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Meeting } from '../meetings/MeetingStore.ts';
import type { Calls } from './Calls.ts';
import { DialOut } from './DialOut.ts';
import { isAllowed } from './isAllowed.ts';
import { callLog, CallsBench, NUMBER } from './testing/CallsBench.ts';

const HOUR_MS = 3_600_000;
const askedBy = { userId: 'u1' };

describe('isAllowed()', () => {
  const policy = { allowed: ['+1', '+4930', '+44'], denied: ['+1900', '+49', '+44'] };
  it.each([
    ['+15550100', true],
    ['+19005550100', false],
    ['+4930123456', true],
    ['+4940123456', false],
    ['+442071234567', true],
    ['+33155501', false],
    ['+', false],
  ])('%s: %s', (number, expected) => expect(isAllowed(number, policy)).toBe(expected));

  it.each([
    ['+490900123456', false],
    ['+4900900123456', false],
    ['+493012345678', true],
    ['+490301234567', true],
    ['+390891234567', true],
    ['+3908921234', true],
    ['+39892123', false],
    ['+2025123456', true],
    ['+19005550100', false],
    ['+109005550100', false],
  ])('a zero that is dropped on the way hides nothing: %s: %s', (number, expected) => {
    const allowed = ['+49', '+39', '+20', '+1'];
    const denied = ['+49900', '+39892', '+225', '+1900'];
    expect(isAllowed(number, { allowed, denied })).toBe(expected);
  });

  it.each([
    ['+119005550101', false],
    ['+1119005550101', false],
    ['+78809123456', false],
    ['+360690123456', false],
    ['+52019001234567', false],
    ['+4949900123456', false],
    ['+49049900123456', false],
    ['+12125550101', true],
    ['+74951234567', true],
    ['+3612345678', true],
  ])('nor does what is dialled before a number elsewhere: %s: %s', (number, expected) => {
    const allowed = ['+1', '+7', '+36', '+52', '+49'];
    const denied = ['+1900', '+7809', '+3690', '+52900', '+49900'];
    expect(isAllowed(number, { allowed, denied })).toBe(expected);
  });

  it.each(['+49112', '+49110', '+44999', '+490112', '+4400999', '+1911', '+11911'])(
    'an emergency number is not called, whatever is allowed: %s',
    (number) => {
      const allowed = ['+49', '+44', '+1', number];
      expect(isAllowed(number, { allowed, denied: [] })).toBe(false);
    },
  );

  it('allows nothing where nothing is allowed', () => {
    expect(isAllowed(NUMBER, { allowed: [], denied: [] })).toBe(false);
    expect(isAllowed(NUMBER, { allowed: [], denied: ['+44'] })).toBe(false);
  });
});

describe('guards against toll fraud', () => {
  let bench: CallsBench;
  let calls: Calls;
  let meeting: Meeting;
  beforeEach(async () => {
    bench = await CallsBench.open();
    calls = await bench.makeCalls();
    meeting = await bench.makeMeeting();
  });
  afterEach(() => bench.close());

  const call = (number = NUMBER, of = meeting): Promise<CallView> =>
    calls.create(of, { number }, askedBy);
  const refused = (code: AppError['code'], number?: string, of?: Meeting): Promise<void> =>
    expect(call(number, of)).rejects.toMatchObject({ code });
  const refusedFor = (retryAfterMs: number | undefined, of?: Meeting): Promise<void> =>
    expect(call(NUMBER, of)).rejects.toMatchObject({ code: 'rate-limited', retryAfterMs });

  it('a new database allows no call, and keeps what was set', async () => {
    const other = await CallsBench.open();
    await other.db.deleteFrom('settings').execute();
    const policy = (await DialOut.open(other.db)).policy;
    expect(policy).toMatchObject({ allowed: [], denied: [], maxCalls: 20, maxMinutes: 240 });
    await other.close();
    await bench.allow({ denied: ['+1900'], maxMinutes: 5 });
    expect((await DialOut.open(bench.db)).policy).toEqual(bench.dialOut.policy);
    expect(bench.dialOut.policy).toMatchObject({ denied: ['+1900'], maxMinutes: 5 });
  });

  it('a policy that an older version kept is not judged anew', async () => {
    await bench.allow({ denied: ['+1900'] });
    const { policy } = bench.dialOut;
    const kept = JSON.stringify({ ...policy, allowed: ['+1', '+0'], later: true });
    await bench.db.updateTable('settings').set({ value: kept }).execute();
    const opened = (await DialOut.open(bench.db)).policy;
    expect(opened).toEqual({ ...policy, allowed: ['+1', '+0'] });
  });

  it('a number of no allowed prefix is refused, and logged with who asked', async () => {
    await refused('number-not-allowed', '+4420712345678');
    expect(bench.gateway.placed).toEqual([]);
    expect(callLog(bench.logs)).toMatchObject([
      { code: 'number-not-allowed', askedBy, meetingId: meeting.id },
    ]);
    expect(bench.logs.join('')).not.toContain('4420712345678');
    expect(calls.list(meeting.id)).toEqual([]);
  });

  it('without a gateway, or a trunk for calls out, there are none', async () => {
    calls.removeGateway(bench.gateway);
    await refused('dial-out-unavailable');
    calls.addGateway(bench.gateway);
    const trunk = bench.dialPlan.openTrunks.find(({ outbound }) => outbound !== null)!;
    await bench.dialPlan.trunks.update(trunk.id, { enabled: false });
    await refused('dial-out-unavailable');
    await bench.dialPlan.trunks.update(trunk.id, { enabled: true });
    await call();
  });

  it('so many at a time, by all meetings; a failed one does not count', async () => {
    await bench.allow({ maxCalls: 2 });
    const [one] = await Promise.all([call(), call(NUMBER, await bench.makeMeeting())]);
    await refused('rate-limited');
    calls.progress({ callId: one.id, state: 'failed', reason: 'busy' });
    expect(calls.active).toBe(1);
    await call();
    // Nobody knows when one of these ends.
    await refusedFor(undefined);
  });

  it('of those that come at once no more than may', async () => {
    await bench.allow({ maxCalls: 2 });
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => call()));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(bench.gateway.placed).toHaveLength(2);
  });

  it('so many in any hour, by one meeting and by all, over a restart', async () => {
    await bench.allow({ callsPerHour: 3, callsPerHourPerMeeting: 2 });
    const other = await bench.makeMeeting();
    await call();
    bench.clock.pass(HOUR_MS / 2);
    await call();
    await refusedFor(HOUR_MS / 2);
    await call(NUMBER, other);
    await refusedFor(HOUR_MS / 2, other);
    calls.close();
    calls = await bench.makeCalls();
    await refusedFor(HOUR_MS / 2);
    await refusedFor(HOUR_MS / 2, other);
    // The first is an hour old now, the second half of one.
    bench.clock.pass(HOUR_MS / 2);
    await call();
    await refused('rate-limited');
    await refused('rate-limited', NUMBER, other);
    const kept = await bench.db.selectFrom('begunCalls').selectAll().execute();
    expect(kept).toHaveLength(3);
    expect(JSON.stringify(kept)).not.toContain('0001234');
  });

  it('the longest call is told to the gateway, and one that goes on is ended here', async () => {
    await bench.allow({ maxMinutes: 2 });
    const { id } = await call();
    expect(bench.gateway.placed).toMatchObject([{ callId: id, maxSeconds: 120, number: NUMBER }]);
    bench.clock.pass(20_000);
    calls.progress({ callId: id, state: 'confirming' });
    bench.clock.pass(60_000);
    let hungUp = 0;
    calls.confirmed(id, meeting.id).joined({ participantId: 'p1', hangUp: () => (hungUp += 1) });
    bench.clock.pass(60_000);
    expect(hungUp).toBe(0);
    bench.clock.pass(10_000);
    expect([hungUp, calls.active, bench.clock.waiting]).toEqual([1, 0, 0]);
  });
});
