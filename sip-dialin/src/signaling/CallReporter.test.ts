import { EventEmitter } from 'node:events';
import { AppError, callEventSchema, type GatewayPayload } from '@switchroom/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Membership } from '../gateway/MeetingRooms.ts';
import { CallReporter } from './CallReporter.ts';
import { callEnd } from './callEnd.ts';
import type { PhoneLegState } from './phoneLegState.ts';
import { FakeCall } from './testing/FakeCall.ts';
import { ORDER } from './testing/PhoneLegBench.ts';

type News = GatewayPayload<'call:event'>;

/** A leg that goes where it is told. */
class Leg extends EventEmitter<{ statechange: [old: PhoneLegState, next: PhoneLegState] }> {
  readonly id: string;
  #state: PhoneLegState = { name: 'ringing' };

  constructor(id = 'leg1') {
    super();
    this.id = id;
  }

  go(next: PhoneLegState): void {
    const old = this.#state;
    this.#state = next;
    this.emit('statechange', old, next);
  }
}

const place = { meetingId: 'm1', membership: {} as Membership };
const OF = { did: '+15550100', trunkId: 'carrier' };

let sent: News[];
let failure: AppError | undefined;
let reporter: CallReporter;
beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  failure = undefined;
  reporter = new CallReporter({
    send: async (news) => {
      if (failure) throw failure;
      sent.push(news);
    },
    logger: pino({ level: 'silent' }),
  });
});
afterEach(async () => {
  await reporter.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const events = (): News['events'] => sent.flatMap((news) => news.events);
const types = (): string[] => events().map(({ type }) => type);

describe('a call that comes in', () => {
  it('is told from INVITE to BYE, its number once it is in a meeting', async () => {
    const [leg, call] = [new Leg(), new FakeCall()];
    reporter.watchInbound(leg, call, OF);
    leg.go({ name: 'greeting' });
    leg.go({ name: 'askingPin' });
    leg.go({ name: 'joining', ...place });
    leg.go({ name: 'waiting', ...place });
    leg.go({ name: 'joined', ...place });
    leg.go({ name: 'ended', end: callEnd.hungUp() });
    await vi.advanceTimersByTimeAsync(100);
    expect(sent).toHaveLength(1);
    expect(events()).toMatchObject([
      { type: 'invite', callId: 'leg1', direction: 'in', ...OF, source: call.source },
      { type: 'answered' },
      { type: 'entered', meetingId: 'm1', number: call.caller.number },
      { type: 'ended', by: 'caller', code: 200, reason: 'hung-up' },
    ]);
    for (const event of events()) expect(callEventSchema.parse(event)).toEqual(event);
    expect(events().filter(({ number }) => number !== undefined)).toHaveLength(1);
  });

  it('refused before its answer was not answered; without a meeting the end has its number', async () => {
    const [leg, call] = [new Leg(), new FakeCall()];
    reporter.watchInbound(leg, call, OF);
    leg.go({ name: 'ended', end: callEnd.refused(404, 'did-unknown') });
    await vi.advanceTimersByTimeAsync(100);
    expect(types()).toEqual(['invite', 'ended']);
    expect(events()[1]).toMatchObject({ by: 'us', code: 404, number: call.caller.number });
  });
});

it('a call of ours is told from its answer, by the id that the server gave it', async () => {
  const leg = new Leg(ORDER.callId);
  reporter.watchInvited(leg, ORDER, 'carrier');
  leg.go({ name: 'confirming' });
  leg.go({ name: 'joined', ...place });
  leg.go({ name: 'ended', end: callEnd.mediaLost() });
  await vi.advanceTimersByTimeAsync(100);
  expect(types()).toEqual(['answered', 'entered', 'ended']);
  expect(events()).toMatchObject([{ callId: 'c1', direction: 'out' }, {}, { by: 'network' }]);
});

describe('while the server is away', () => {
  const calls = (count: number): void => {
    for (let index = 0; index < count; index += 1) {
      reporter.watchInbound(new Leg(`leg${index}`), new FakeCall(), OF);
    }
  };

  it('events are kept in order, and told a hundred at a time when it is back', async () => {
    failure = new AppError('unavailable', 'away');
    calls(250);
    await vi.advanceTimersByTimeAsync(5_000);
    failure = undefined;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent.map((news) => news.events.length)).toEqual([100, 100, 50]);
    expect(events().map(({ callId }) => callId)).toEqual(
      Array.from({ length: 250 }, (_, index) => `leg${index}`),
    );
  });

  it('what there is no room for is counted', async () => {
    failure = new AppError('unavailable', 'away');
    calls(5_003);
    await vi.advanceTimersByTimeAsync(200);
    failure = undefined;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent[0]).toMatchObject({ lost: 3 });
    expect(sent.slice(1).every((news) => news.lost === undefined)).toBe(true);
    expect(events()).toHaveLength(5_000);
  });

  it('what it does not understand is not told again', async () => {
    failure = new AppError('bad-request', 'what?');
    calls(1);
    await vi.advanceTimersByTimeAsync(200);
    failure = undefined;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(sent).toEqual([]);
  });
});

it('refused INVITEs are told as one, also when it is closed', async () => {
  const refusal = { source: '192.0.2.7', reason: 'stranger', code: 403 } as const;
  reporter.refused(refusal);
  reporter.refused(refusal);
  await vi.advanceTimersByTimeAsync(60_100);
  reporter.refused(refusal);
  await reporter.close();
  reporter.refused(refusal);
  expect(events()).toMatchObject([
    { type: 'refused', network: '192.0.2.0/24', count: 2 },
    { type: 'refused', count: 1 },
  ]);
});

it('close() tells what is left, and twice is silent', async () => {
  reporter.watchInbound(new Leg(), new FakeCall(), OF);
  await reporter.close();
  await reporter.close();
  expect(types()).toEqual(['invite']);
});
