import { beforeEach, describe, expect, it } from 'vitest';
import { responseTo } from '../message/build.ts';
import type { SipRequest } from '../message/SipMessage.ts';
import { FakeClock } from '../testing/FakeClock.ts';
import { requestOf } from '../testing/requestOf.ts';
import type { ClientTransactionOptions } from './ClientTransaction.ts';
import { InviteClientTransaction } from './InviteClientTransaction.ts';
import { NonInviteClientTransaction } from './NonInviteClientTransaction.ts';
import { RFC_TIMERS } from './timers.ts';

let clock: FakeClock;
let sent: string[];
let heard: (number | string)[];
let terminated: number;

beforeEach(() => {
  clock = new FakeClock();
  sent = [];
  heard = [];
  terminated = 0;
});

function options(request: SipRequest, reliable: boolean): ClientTransactionOptions {
  return {
    request,
    reliable,
    clock,
    timers: RFC_TIMERS,
    send: ({ method }) => sent.push(method),
    onResponse: ({ status }) => heard.push(status),
    onFailure: (failure) => heard.push(failure),
    onTerminated: () => terminated++,
  };
}

function over(): void {
  expect(terminated).toBe(1);
  expect(clock.pending).toBe(0);
}

describe('InviteClientTransaction (RFC 3261 section 17.1.1)', () => {
  const invite = requestOf('INVITE');
  const make = (reliable = false): InviteClientTransaction =>
    new InviteClientTransaction(options(invite, reliable));

  it('repeats on timer A, doubling, and gives up on timer B', () => {
    make();
    clock.advance(31_999);
    expect(sent).toHaveLength(7);
    expect(heard).toEqual([]);
    clock.advance(1);
    expect(heard).toEqual(['timeout']);
    over();
  });

  it('over TCP sends once', () => {
    make(true);
    clock.advance(32_000);
    expect(sent).toEqual(['INVITE']);
    expect(heard).toEqual(['timeout']);
  });

  it('stops repeating at the first provisional answer, and rings for three minutes at most', () => {
    const transaction = make();
    transaction.received(responseTo(invite, 180));
    clock.advance(184_000);
    expect(sent).toEqual(['INVITE']);
    clock.advance(1000);
    expect(heard).toEqual([180, 'timeout']);
    over();
  });

  it('acknowledges a refusal, again when it comes again, and ends on timer D', () => {
    const transaction = make();
    transaction.received(responseTo(invite, 486));
    transaction.received(responseTo(invite, 486));
    expect(sent).toEqual(['INVITE', 'ACK', 'ACK']);
    expect(heard).toEqual([486]);
    clock.advance(32_000);
    over();
  });

  it('passes every 2xx on until timer M (RFC 6026), without an ACK of its own', () => {
    const transaction = make();
    transaction.received(responseTo(invite, 200));
    transaction.received(responseTo(invite, 200));
    transaction.received(responseTo(invite, 486));
    expect(sent).toEqual(['INVITE']);
    expect(heard).toEqual([200, 200]);
    clock.advance(32_000);
    over();
  });

  it('fails when the request cannot be sent', () => {
    make().transportFailed();
    expect(heard).toEqual(['transport']);
    over();
  });
});

describe('NonInviteClientTransaction (RFC 3261 section 17.1.2)', () => {
  const bye = requestOf('BYE');
  const make = (reliable = false): NonInviteClientTransaction =>
    new NonInviteClientTransaction(options(bye, reliable));

  it('repeats on timer E, doubling to T2, and gives up on timer F', () => {
    make();
    clock.advance(32_000);
    expect(sent).toHaveLength(11);
    expect(heard).toEqual(['timeout']);
    over();
  });

  it('repeats every T2 once there was a provisional answer', () => {
    const transaction = make();
    transaction.received(responseTo(bye, 100));
    clock.advance(500 + 4000 + 4000);
    expect(sent).toHaveLength(4);
  });

  it('passes one final answer on, and swallows others until timer K', () => {
    const transaction = make();
    transaction.received(responseTo(bye, 200));
    transaction.received(responseTo(bye, 200));
    expect(heard).toEqual([200]);
    clock.advance(RFC_TIMERS.t4);
    over();
  });

  it('over TCP sends once, and fails when it cannot', () => {
    make(true).transportFailed();
    expect(sent).toEqual(['BYE']);
    expect(heard).toEqual(['transport']);
    over();
  });
});
