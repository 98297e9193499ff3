import { beforeEach, describe, expect, it } from 'vitest';
import { responseTo } from '../message/build.ts';
import type { SipRequest } from '../message/SipMessage.ts';
import { FakeClock } from '../testing/FakeClock.ts';
import { requestOf } from '../testing/requestOf.ts';
import { InviteServerTransaction } from './InviteServerTransaction.ts';
import { NonInviteServerTransaction } from './NonInviteServerTransaction.ts';
import type { ServerTransactionOptions } from './ServerTransaction.ts';
import { RFC_TIMERS } from './timers.ts';

let clock: FakeClock;
let sent: number[];
let terminated: number;

beforeEach(() => {
  clock = new FakeClock();
  sent = [];
  terminated = 0;
});

function options(request: SipRequest, reliable: boolean): ServerTransactionOptions {
  return {
    request,
    reliable,
    clock,
    timers: RFC_TIMERS,
    send: (response) => sent.push(response.status),
    onTerminated: () => terminated++,
  };
}

describe('InviteServerTransaction (RFC 3261 section 17.2.1)', () => {
  const invite = requestOf('INVITE');
  const make = (reliable = false): InviteServerTransaction =>
    new InviteServerTransaction(options(invite, reliable));
  const over = (): void => {
    expect(terminated).toBe(1);
    expect(clock.pending).toBe(0);
  };

  it('answers a retransmitted INVITE with the last provisional answer', () => {
    const transaction = make();
    transaction.retransmitted();
    expect(sent).toEqual([]);
    transaction.respond(responseTo(invite, 100));
    transaction.respond(responseTo(invite, 180));
    transaction.retransmitted();
    expect(sent).toEqual([100, 180, 180]);
  });

  it('repeats a final answer on timer G, doubling to T2, until the ACK; then timer I', () => {
    const transaction = make();
    transaction.respond(responseTo(invite, 486));
    clock.advance(500 + 1000 + 2000 + 4000 + 4000);
    expect(sent).toHaveLength(6);
    transaction.retransmitted();
    expect(sent).toHaveLength(7);
    transaction.acknowledged();
    expect(transaction.state).toBe('confirmed');
    clock.advance(RFC_TIMERS.t4);
    expect(sent).toHaveLength(7);
    over();
  });

  it('gives up on timer H when no ACK comes', () => {
    make().respond(responseTo(invite, 486));
    clock.advance(32_000);
    over();
    expect(sent).toHaveLength(11);
  });

  it('over TCP sends once and ends with the ACK', () => {
    const transaction = make(true);
    transaction.respond(responseTo(invite, 486));
    clock.advance(10_000);
    expect(sent).toEqual([486]);
    transaction.acknowledged();
    over();
  });

  it('after a 2xx absorbs the INVITE and ends on timer L (RFC 6026)', () => {
    const transaction = make();
    transaction.respond(responseTo(invite, 200));
    transaction.retransmitted();
    clock.advance(31_999);
    expect(sent).toEqual([200]);
    expect(transaction.state).toBe('accepted');
    clock.advance(1);
    over();
  });

  it('takes one final answer only, and ends once', () => {
    const transaction = make();
    expect(transaction.respond(responseTo(invite, 200))).toBe(true);
    expect(transaction.respond(responseTo(invite, 486))).toBe(false);
    transaction.terminate();
    transaction.terminate();
    over();
  });
});

describe('NonInviteServerTransaction (RFC 3261 section 17.2.2)', () => {
  const bye = requestOf('BYE');
  const make = (reliable = false): NonInviteServerTransaction =>
    new NonInviteServerTransaction(options(bye, reliable));

  it('is silent until its user answers, then repeats the answer until timer J', () => {
    const transaction = make();
    transaction.retransmitted();
    expect(sent).toEqual([]);
    transaction.respond(responseTo(bye, 200));
    transaction.retransmitted();
    expect(sent).toEqual([200, 200]);
    clock.advance(32_000);
    expect(terminated).toBe(1);
    transaction.retransmitted();
    expect(sent).toEqual([200, 200]);
  });

  it('over TCP ends with its answer', () => {
    make(true).respond(responseTo(bye, 200));
    expect(terminated).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it('that its user forgets is answered with 500 when the client has given up', () => {
    make();
    clock.advance(32_000);
    expect(sent).toEqual([500]);
    expect(terminated).toBe(1);
  });
});
