import { AppError, CALL_FAILURES, type CallView } from '@switchroom/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Meeting } from '../meetings/MeetingStore.ts';
import { Participant } from '../room/Participant.ts';
import type { Room } from '../room/Room.ts';
import { Diary, someone } from '../room/testing/Diary.ts';
import { CALL_LIMITS_MS } from './Call.ts';
import type { Calls } from './Calls.ts';
import { COMES_BACK_MS } from './RoomWatch.ts';
import { callLog, CallsBench, NUMBER } from './testing/CallsBench.ts';

const askedBy = { userId: 'u1' };
const ann = new Participant({ name: 'Ann', kind: 'browser', role: 'participant' });

let bench: CallsBench;
let calls: Calls;
let meeting: Meeting;
beforeEach(async () => {
  bench = await CallsBench.open();
  calls = await bench.makeCalls();
  meeting = await bench.makeMeeting();
});
afterEach(() => bench.close());

const call = (wish: object = {}): Promise<CallView> =>
  calls.create(meeting, { number: NUMBER, ...wish }, askedBy);
const tell = (
  { id }: CallView,
  state: 'ringing' | 'confirming' | 'failed',
  reason?: (typeof CALL_FAILURES)[number],
): void => calls.progress({ callId: id, state, reason });

/** Into the room; gives what became of it. */
function join({ id }: CallView, participantId = 'p1'): { hungUp: number } {
  const leg = { hungUp: 0 };
  const hangUp = (): void => void (leg.hungUp += 1);
  calls.confirmed(id, meeting.id).joined({ participantId, hangUp });
  return leg;
}

describe('a call', () => {
  it('rings, is answered, is confirmed and becomes a participant', async () => {
    const view = await call({ name: 'Bea', language: 'de' });
    expect(view).toMatchObject({ name: 'Bea', state: 'calling', reason: null });
    expect(bench.gateway.placed).toEqual([
      {
        callId: view.id,
        meetingId: meeting.id,
        number: NUMBER,
        language: 'de',
        maxSeconds: 240 * 60,
        callMe: false,
      },
    ]);
    tell(view, 'ringing');
    tell(view, 'confirming');
    expect(calls.list(meeting.id)).toEqual([{ ...view, state: 'confirming' }]);
    const confirmed = calls.confirmed(view.id, meeting.id);
    expect(confirmed).toMatchObject({ name: 'Bea', callMe: null });
    join(view);
    expect(bench.told).toEqual(['calling', 'ringing', 'confirming', 'joined']);
    expect(calls.list(meeting.id)).toEqual([]);
    expect([calls.active, bench.gateway.cancelled]).toEqual([1, []]);
  });

  it.each([
    ['whole', NUMBER],
    ['last-four', '…1234'],
    ['none', 'Phone'],
  ] as const)('is shown as the meeting shows numbers: %s', async (numberPrivacy, name) => {
    const view = await calls.create({ ...meeting, numberPrivacy }, { number: NUMBER }, askedBy);
    expect(view.name).toBe(name);
    const named = { number: NUMBER, name: `Bea ${NUMBER}` };
    expect((await calls.create({ ...meeting, numberPrivacy }, named, askedBy)).name).toBe(
      { whole: `Bea ${NUMBER}`, 'last-four': 'Bea …1234', none: 'Bea' }[numberPrivacy],
    );
  });

  it.each(CALL_FAILURES)('that fails as %s says so for a minute, and is logged', async (reason) => {
    const view = await call();
    tell(view, 'ringing');
    tell(view, 'failed', reason);
    expect(calls.list(meeting.id)).toEqual([{ ...view, state: 'failed', reason }]);
    bench.clock.pass(CALL_LIMITS_MS.failed - 1);
    expect(calls.list(meeting.id)).toHaveLength(1);
    bench.clock.pass(1);
    expect(calls.list(meeting.id)).toEqual([]);
    expect(bench.told).toEqual(['calling', 'ringing', `failed ${reason}`, 'gone']);
    expect(bench.clock.waiting).toBe(0);
    // The gateway gave it up by itself.
    expect(bench.gateway.cancelled).toEqual([]);
    expect(calls.counts).toMatchObject({ placed: 1, failed: { [reason]: 1 } });
    expect(callLog(bench.logs, view)).toMatchObject([
      { msg: 'place() | calling', askedBy },
      { msg: 'end() | call over', askedBy, outcome: reason, seconds: 0 },
    ]);
    expect(bench.logs.join('')).not.toContain('0001234');
  });

  it('a failure is taken away by hand', async () => {
    const view = await call();
    tell(view, 'failed', 'busy');
    calls.cancel(meeting.id, view.id);
    expect(bench.told).toEqual(['calling', 'failed busy', 'gone']);
    expect(() => calls.cancel(meeting.id, view.id)).toThrow(AppError);
  });

  it.each([[[]], [['ringing']], [['ringing', 'confirming']]] as const)(
    'is given up after %j, and its gateway told',
    async (states) => {
      const view = await call();
      for (const state of states) tell(view, state);
      calls.cancel(meeting.id, view.id);
      expect(bench.gateway.cancelled).toEqual([view.id]);
      expect(bench.told).toEqual(['calling', ...states, 'gone']);
      expect([calls.list(meeting.id), bench.clock.waiting]).toEqual([[], 0]);
      // What was under way comes too late.
      expect(() => tell(view, 'ringing')).toThrow(expect.objectContaining({ code: 'not-found' }));
      expect(() => calls.confirmed(view.id, meeting.id)).toThrow(
        expect.objectContaining({ code: 'not-found' }),
      );
      expect(calls.counts.failed.cancelled).toBe(1);
      expect(callLog(bench.logs, view).at(-1)).toMatchObject({ outcome: 'cancelled' });
    },
  );

  it('that is in the room is hung up from there, once', async () => {
    const view = await call();
    tell(view, 'confirming');
    const leg = join(view);
    bench.clock.pass(61_000);
    calls.cancel(meeting.id, view.id);
    expect([leg.hungUp, calls.active, bench.clock.waiting]).toEqual([1, 0, 0]);
    // Its participant's removal tells the gateway, and everybody.
    expect([bench.gateway.cancelled, bench.told.at(-1)]).toEqual([[], 'joined']);
    expect(callLog(bench.logs, view).at(-1)).toMatchObject({ outcome: 'ended', seconds: 61 });
  });

  it('given up while it enters the room is hung up at once', async () => {
    const view = await call();
    tell(view, 'confirming');
    const confirmed = calls.confirmed(view.id, meeting.id);
    calls.cancel(meeting.id, view.id);
    let hungUp = 0;
    confirmed.joined({ participantId: 'p1', hangUp: () => (hungUp += 1) });
    expect(hungUp).toBe(1);
  });

  it.each([
    [[], CALL_LIMITS_MS.calling, 'unreachable'],
    [['ringing'], CALL_LIMITS_MS.ringing, 'no-answer'],
    [['confirming'], CALL_LIMITS_MS.confirming, 'not-confirmed'],
  ] as const)('of which nothing is heard after %j fails by itself', async (states, ms, reason) => {
    const view = await call();
    for (const state of states) tell(view, state);
    bench.clock.pass(ms - 1);
    expect(bench.told).toEqual(['calling', ...states]);
    bench.clock.pass(1);
    expect(bench.told.at(-1)).toBe(`failed ${reason}`);
    expect(bench.gateway.cancelled).toEqual([view.id]);
    bench.clock.pass(CALL_LIMITS_MS.failed);
    expect([calls.active, bench.clock.waiting]).toEqual([0, 0]);
  });

  it('news that comes out of order changes nothing', async () => {
    const view = await call();
    tell(view, 'confirming');
    tell(view, 'ringing');
    tell(view, 'confirming');
    expect(bench.told).toEqual(['calling', 'confirming']);
    const leg = join(view);
    tell(view, 'failed', 'busy');
    expect([bench.told.at(-1), leg.hungUp]).toEqual(['joined', 0]);
  });

  it('is not in the room before somebody answered', async () => {
    const view = await call();
    tell(view, 'ringing');
    const refused = (code: string, id: string, of = meeting.id): void =>
      expect(() => calls.confirmed(id, of)).toThrow(expect.objectContaining({ code }));
    refused('conflict', view.id);
    refused('not-found', 'unknown');
    tell(view, 'confirming');
    refused('not-found', view.id, 'other');
  });

  it('that its gateway does not take is unreachable', async () => {
    bench.gateway.refusal = new AppError('unavailable', 'No.');
    await call();
    await expect.poll(() => bench.told).toEqual(['calling', 'failed unreachable']);
  });
});

describe('a gateway that goes away', () => {
  it('fails its calls as unreachable; those that were up may come back for a while', async () => {
    const [pending, up] = [await call(), await call({ name: 'Bea' })];
    tell(up, 'confirming');
    const leg = join(up);
    calls.removeGateway(bench.gateway);
    expect(calls.list(meeting.id)).toMatchObject([{ id: pending.id, reason: 'unreachable' }]);
    await expect(call()).rejects.toMatchObject({ code: 'dial-out-unavailable' });
    bench.clock.pass(CALL_LIMITS_MS.lost - 1);
    expect(calls.confirmed(up.id, meeting.id)).toMatchObject({ name: 'Bea' });
    join(up, 'p2');
    expect(bench.told.slice(-2)).toEqual(['failed unreachable', 'joined']);
    calls.removeGateway(bench.gateway);
    const second = calls.active;
    bench.clock.pass(CALL_LIMITS_MS.lost);
    expect([second, calls.active, leg.hungUp]).toEqual([1, 0, 0]);
    expect(callLog(bench.logs, up).at(-1)).toMatchObject({ outcome: 'ended', seconds: 30 });
    expect(bench.told.at(-1)).toBe('joined');
  });

  it('and a server that was started anew: a call that comes back counts, and is ended as a call', async () => {
    await bench.allow({ maxCalls: 1 });
    const id = '0b9f0a52-4a5c-4b3e-9f0e-8f6f0f3c7a11';
    const again = await bench.makeCalls();
    expect(again.has(id)).toBe(false);
    const order = { id, meetingId: meeting.id, number: NUMBER, name: 'Bea', callMe: null };
    const leg = { participantId: 'p9', hangUp: vi.fn() };
    const askedBy = { participantId: 'p1' };
    again.returned({ ...order, askedBy }, bench.gateway).joined(leg);
    expect([again.has(id), again.active, again.list(meeting.id)]).toEqual([true, 1, []]);
    await expect(again.create(meeting, { number: NUMBER }, askedBy)).rejects.toMatchObject({
      code: 'rate-limited',
    });
    again.cancel(meeting.id, id);
    expect(leg.hangUp).toHaveBeenCalledOnce();
    expect([again.active, bench.clock.waiting]).toEqual([0, 0]);
  });

  it('a call that comes back and is not in the room in time counts no more', async () => {
    const order = { id: 'c1', meetingId: meeting.id, number: NUMBER, name: 'Ann' };
    const askedBy = { participantId: ann.id };
    calls.returned({ ...order, callMe: ann.id, askedBy }, bench.gateway);
    expect(() =>
      calls.returned({ ...order, id: 'c2', callMe: ann.id, askedBy }, bench.gateway),
    ).toThrow(expect.objectContaining({ code: 'unavailable' }));
    bench.clock.pass(CALL_LIMITS_MS.lost);
    expect([calls.active, bench.clock.waiting]).toEqual([0, 0]);
  });

  it('ends a "call me", for the sound is back in the browser by then', async () => {
    const view = await calls.callMe(meeting.id, ann, NUMBER);
    tell(view, 'confirming');
    join(view, ann.id);
    calls.removeGateway(bench.gateway);
    expect([calls.active, bench.clock.waiting]).toEqual([0, 0]);
  });
});

describe('a room that closes', () => {
  it('gives its calls up, and no other meeting’s', async () => {
    const { room, release } = await bench.rooms.enter(meeting.id);
    const [pending, failed, up] = [await call(), await call(), await call()];
    tell(failed, 'failed', 'busy');
    tell(up, 'confirming');
    const leg = join(up);
    const other = await calls.create(await bench.makeMeeting(), { number: NUMBER }, askedBy);
    room.close('meeting-ended');
    release();
    expect(bench.gateway.cancelled).toEqual([pending.id]);
    expect([calls.list(meeting.id), calls.active, leg.hungUp]).toEqual([[], 1, 0]);
    calls.close();
    calls.close();
    expect(bench.gateway.cancelled).toEqual([pending.id, other.id]);
    expect([calls.active, bench.clock.waiting]).toEqual([0, 0]);
  });

  it('because it failed lets the phones that were in it come back', async () => {
    const { room, release } = await bench.rooms.enter(meeting.id);
    const [pending, up] = [await call(), await call({ name: 'Bea' })];
    tell(up, 'confirming');
    const leg = join(up);
    room.close('media-failed');
    release();
    expect([bench.gateway.cancelled, leg.hungUp]).toEqual([[pending.id], 0]);
    expect(calls.confirmed(up.id, meeting.id)).toMatchObject({ name: 'Bea' });
    bench.clock.pass(CALL_LIMITS_MS.lost);
    expect([calls.active, bench.clock.waiting]).toEqual([0, 0]);
  });

  /** A room with one in it, by a connection that goes with them, as a browser's does. */
  async function enterAlone(): Promise<{ room: Room; id: string }> {
    const { room, release } = await bench.rooms.enter(meeting.id);
    const browser = new Diary();
    const removed = (): void => room.unlisten(browser, 'left');
    const host = { ...someone('Host', browser, { role: 'host' }), removed };
    room.add(host);
    room.listen(browser);
    release();
    return { room, id: host.participant.id };
  }

  /** Such a room, whose call rings. */
  async function alone(): Promise<{ room: Room; id: string; view: CallView }> {
    const inside = await enterAlone();
    const view = await call();
    tell(view, 'ringing');
    return { ...inside, view };
  }

  it('since the only one in it lost the connection waits for them before it gives calls up', async () => {
    const { room, id, view } = await alone();
    room.leave(id, 'connection-lost');
    expect([room.closed, bench.gateway.cancelled]).toEqual([true, []]);
    bench.clock.pass(COMES_BACK_MS - 1);
    expect(calls.list(meeting.id)).toMatchObject([{ id: view.id, state: 'ringing' }]);
    const again = await enterAlone();
    bench.clock.pass(COMES_BACK_MS);
    expect(bench.gateway.cancelled).toEqual([]);
    again.room.leave(again.id, 'connection-lost');
    bench.clock.pass(COMES_BACK_MS);
    expect([bench.gateway.cancelled, calls.active, bench.clock.waiting]).toEqual([[view.id], 0, 0]);
  });

  it('since the only one in it left gives them up at once, and so does the end of the meeting', async () => {
    const { room, id, view } = await alone();
    room.leave(id, 'left');
    expect(bench.gateway.cancelled).toEqual([view.id]);
    const second = await alone();
    second.room.leave(second.id, 'connection-lost');
    calls.meetingEnded(meeting.id);
    expect([bench.gateway.cancelled[1], bench.clock.waiting]).toEqual([second.view.id, 0]);
    const third = await alone();
    third.room.leave(third.id, 'connection-lost');
    calls.close();
    expect([bench.gateway.cancelled[2], bench.clock.waiting]).toEqual([third.view.id, 0]);
  });

  it('a meeting that ends before anybody was in gives them up, too', async () => {
    const view = await call();
    calls.meetingEnded(meeting.id);
    expect(bench.gateway.cancelled).toEqual([view.id]);
  });
});

describe('"call me"', () => {
  const callMe = (): Promise<CallView> => calls.callMe(meeting.id, ann, NUMBER);

  it('moves the sound to the phone and back; the participant stays who it is', async () => {
    const view = await callMe();
    expect(view).toMatchObject({ name: 'Ann', participantId: ann.id });
    expect(bench.gateway.placed).toMatchObject([{ callMe: true }]);
    tell(view, 'confirming');
    expect(calls.confirmed(view.id, meeting.id)).toMatchObject({ callMe: ann.id });
    const leg = join(view, ann.id);
    await expect(callMe()).rejects.toMatchObject({ code: 'conflict' });
    calls.back(meeting.id, ann.id);
    // The phone is no participant that is removed: the gateway must be told.
    expect([leg.hungUp, bench.gateway.cancelled]).toEqual([1, [view.id]]);
    expect(() => calls.back(meeting.id, ann.id)).toThrow(
      expect.objectContaining({ code: 'conflict' }),
    );
    await callMe();
  });

  it('one at a time; a failed one makes room for the next', async () => {
    const view = await callMe();
    await expect(callMe()).rejects.toMatchObject({ code: 'conflict' });
    tell(view, 'failed', 'no-answer');
    const second = await callMe();
    expect(calls.list(meeting.id)).toEqual([second]);
    calls.back(meeting.id, ann.id);
    expect(bench.gateway.cancelled).toEqual([second.id]);
  });

  it('may be given up by who asked for it, and by no other guest', async () => {
    const [mine, hosts] = [await callMe(), await call()];
    const forbidden = expect.objectContaining({ code: 'forbidden' }) as unknown;
    expect(() => calls.cancel(meeting.id, mine.id, 'somebody')).toThrow(forbidden);
    expect(() => calls.cancel(meeting.id, hosts.id, ann.id)).toThrow(forbidden);
    calls.cancel(meeting.id, mine.id, ann.id);
    expect(bench.gateway.cancelled).toEqual([mine.id]);
  });

  it('a phone that hangs up is no call any more', async () => {
    const view = await callMe();
    tell(view, 'confirming');
    join(view, ann.id);
    calls.ended(view.id);
    calls.ended(view.id);
    expect([calls.active, bench.gateway.cancelled]).toEqual([0, []]);
    await callMe();
  });
});
