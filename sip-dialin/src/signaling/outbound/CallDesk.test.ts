import { EventEmitter } from 'node:events';
import type { CallFailure, CallPlace } from '@switchroom/protocol';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakePhoneMedia } from '../../media/fake/FakePhoneMedia.ts';
import { callEnd, type CallEnd } from '../callEnd.ts';
import { FakeCall, phoneSdp } from '../testing/FakeCall.ts';
import { CallDesk } from './CallDesk.ts';
import { CallFailed } from './callFailure.ts';
import type { AnsweredCall, CallProgress, InvitedLeg } from './CallOrders.ts';
import type { Dialled, DialRequest } from './Dialer.ts';
import type { OutboundTrunk } from './OutboundTrunk.ts';
import type { CallNews } from './PlacedCall.ts';

const order: CallPlace = {
  ...{ callId: 'call1', meetingId: 'm1', number: '+15550123', language: 'en' },
  ...{ maxSeconds: 60, callMe: false },
};

/** A leg in the test's hand. */
class FakeLeg extends EventEmitter {
  readonly id = 'call1';
  state = { name: 'confirming' };
  started = false;
  readonly answered: AnsweredCall;

  constructor(answered: AnsweredCall) {
    super();
    this.answered = answered;
  }

  async start(): Promise<void> {
    this.started = true;
  }

  enter(name: string): void {
    const old = this.state;
    this.state = { name };
    this.emit('statechange', old, this.state);
  }

  async close(end: CallEnd = callEnd.shutdown()): Promise<void> {
    await this.answered.media.close();
    this.emit('ended', end);
  }
}

let media: FakePhoneMedia;
let desk: CallDesk;
let told: CallProgress[];
let legs: FakeLeg[];
let lines: number;
/** The dial that is under way. */
let dial: { request: DialRequest; settle: PromiseWithResolvers<Dialled> } | undefined;

beforeEach(() => {
  media = new FakePhoneMedia();
  told = [];
  legs = [];
  lines = 0;
  dial = undefined;
  desk = new CallDesk({
    media,
    dialer: {
      dial: (request) => {
        const settle = Promise.withResolvers<Dialled>();
        request.signal.addEventListener('abort', () => settle.reject(new CallFailed('cancelled')));
        dial = { request, settle };
        return settle.promise;
      },
    },
    invite: (answered) => {
      const leg = new FakeLeg(answered);
      legs.push(leg);
      return leg as unknown as InvitedLeg;
    },
    tell: (news) => told.push(news),
    logger: pino({ level: 'silent' }),
  });
});

afterEach(async () => {
  await desk.close();
  await desk.close();
  await vi.waitFor(() => expect(desk.size).toBe(0));
  expect(media.legs.size).toBe(0);
  expect(lines).toBe(0);
});

/** The far end answers. */
async function answered(answer = phoneSdp()): Promise<FakeCall> {
  await dial!.request.offer('optional');
  lines += 1;
  const call = new FakeCall();
  const trunk = { id: 't1', release: () => (lines -= 1) } as unknown as OutboundTrunk;
  dial!.settle.resolve({ call, answer, trunk });
  await vi.waitFor(() => expect(legs.length + call.sent.length).toBeGreaterThan(0));
  return call;
}

describe('CallDesk', () => {
  it('tells how a call goes, and hands it over when it is answered', async () => {
    desk.place(order);
    dial!.request.onRinging();
    await answered();
    expect(told).toEqual([
      { callId: 'call1', state: 'ringing' },
      { callId: 'call1', state: 'confirming' },
    ]);
    expect(legs[0]?.started).toBe(true);
    expect(legs[0]?.answered).toMatchObject({ order, trunkId: 't1' });
    expect(desk.legs).toHaveLength(1);
    legs[0]?.enter('joined');
    await legs[0]?.close();
    await vi.waitFor(() => expect(desk.size).toBe(0));
    expect(told).toHaveLength(2);
  });

  it('says not-confirmed when it ends before anybody pressed 1', async () => {
    desk.place(order);
    await answered();
    await legs[0]?.close();
    await vi.waitFor(() => expect(desk.size).toBe(0));
    expect(told.at(-1)).toEqual({ callId: 'call1', state: 'failed', reason: 'not-confirmed' });
  });

  it.each<CallFailure>(['busy', 'no-answer', 'refused', 'invalid-number', 'unreachable'])(
    'tells the reason of a call that nobody took: %s',
    async (reason) => {
      desk.place(order);
      await dial!.request.offer('required');
      dial!.settle.reject(new CallFailed(reason));
      await vi.waitFor(() => expect(desk.size).toBe(0));
      expect(told).toEqual([{ callId: 'call1', state: 'failed', reason }]);
    },
  );

  it('says unreachable when there is no media for it', async () => {
    desk.place(order);
    dial!.settle.reject(new Error('no port'));
    await vi.waitFor(() => expect(desk.size).toBe(0));
    expect(told).toEqual([{ callId: 'call1', state: 'failed', reason: 'unreachable' }]);
  });

  it('hangs up on an answer that is of no use', async () => {
    desk.place(order);
    await dial!.request.offer('optional');
    media.leg('call1').accept = () => Promise.reject(new Error('no codec'));
    const call = await answered('nonsense');
    await vi.waitFor(() => expect(desk.size).toBe(0));
    expect(call.sent).toEqual(['BYE']);
    expect(told.at(-1)).toMatchObject({ state: 'failed', reason: 'unreachable' });
  });

  it('cancels silently what rings, and what is up', async () => {
    desk.cancel('nobody');
    desk.place(order);
    desk.place(order);
    await dial!.request.offer('optional');
    desk.cancel('call1');
    await vi.waitFor(() => expect(desk.size).toBe(0));
    expect(told).toEqual([]);
    desk.place(order);
    await answered();
    const ended = vi.fn();
    legs[0]?.once('ended', ended);
    desk.cancel('call1');
    await vi.waitFor(() => expect(desk.size).toBe(0));
    expect(ended).toHaveBeenCalledWith(callEnd.withdrawn());
    expect(told.map(({ state }) => state)).toEqual(['confirming']);
  });

  it('makes a leg for each kind of SRTP', async () => {
    const made = vi.spyOn(media, 'createLeg');
    desk.place(order);
    await dial!.request.offer('required');
    await dial!.request.offer('required');
    await dial!.request.offer('off');
    expect(made.mock.calls).toEqual([
      ['call1', { srtp: 'required' }],
      ['call1', { srtp: 'off' }],
    ]);
    expect(media.legs.size).toBe(1);
  });

  it('tells who watches a call, also who comes late', async () => {
    const [early, late]: [CallNews[], CallNews[]] = [[], []];
    const end = desk.watch('call1', (news) => early.push(news));
    desk.place(order);
    dial!.request.onRinging();
    end();
    await answered();
    legs[0]?.enter('joined');
    desk.watch('call1', (news) => late.push(news));
    await legs[0]?.close();
    await vi.waitFor(() => expect(desk.size).toBe(0));
    expect(early).toEqual([{ state: 'ringing' }]);
    expect(late).toEqual([{ state: 'joined' }, { state: 'ended' }]);
  });

  it('gives up without the server what has not joined', async () => {
    desk.place(order);
    await answered();
    legs[0]?.enter('joined');
    desk.place({ ...order, callId: 'call2' });
    desk.serverLost();
    await vi.waitFor(() => expect(desk.size).toBe(1));
    expect(legs[0]?.state.name).toBe('joined');
  });

  it('ends all of them with the SIP server, and places none when closed', async () => {
    desk.place(order);
    await answered();
    desk.signalingLost();
    await vi.waitFor(() => expect(desk.size).toBe(0));
    await desk.close();
    desk.place({ ...order, callId: 'call2' });
    expect(told.at(-1)).toEqual({ callId: 'call2', state: 'failed', reason: 'unreachable' });
  });
});
