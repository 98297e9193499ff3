import { afterEach, beforeEach, expect } from 'vitest';
import { startSipServer, type SipServer } from '../index.ts';
import type { SipRequest } from '../message/SipMessage.ts';
import { SECRET } from './connected.ts';
import { FakeClock } from './FakeClock.ts';
import { RawPhone, SDP } from './RawPhone.ts';
import { until } from './until.ts';

export const SECONDS = 1000;
export const TYPE = 'Content-Type: application/sdp';

/** A SIP server on a clock that only the test turns (hours in milliseconds), and a phone. For tests. */
export class TimerBench {
  clock!: FakeClock;
  server!: SipServer;
  phone!: RawPhone;

  async open(): Promise<void> {
    const clock = new FakeClock();
    this.clock = clock;
    this.server = await startSipServer({ host: '127.0.0.1', port: 0, secret: SECRET, clock });
    this.phone = await RawPhone.open(this.server.sip);
  }

  /** Nothing is left that waits. */
  async close(): Promise<void> {
    await this.phone.close();
    await this.server.close();
    expect(this.clock.pending).toBe(0);
  }

  /** A call to the server's application, which `isUp` once it knows; gives the `Session-Expires` of its 200. */
  async call(isUp: () => boolean, ...headers: string[]): Promise<string | undefined> {
    const { phone, server } = this;
    phone.send(phone.compose('INVITE', 1, { body: SDP, headers: [TYPE, ...headers] }));
    const answer = await phone.expect(200, 'INVITE');
    phone.send(phone.compose('ACK', 1));
    await until('the dialog', () => isUp() && server.stats().unacked === 0);
    return answer.headers.get('Session-Expires');
  }

  /** What came, without retransmissions; every ACK. */
  sent(method: string): SipRequest[] {
    const all = this.phone.requests.filter((request) => request.method === method);
    if (method === 'ACK') return all;
    return [...new Map(all.map((one) => [one.headers.get('Via'), one])).values()];
  }

  /** Lets time pass and waits for the nth request of a kind that comes of it. */
  async after(seconds: number, method: string, count = 1): Promise<SipRequest> {
    this.clock.advance(seconds * SECONDS);
    await until(`${method} number ${count}`, () => this.sent(method).length >= count);
    const all = this.sent(method);
    expect(all).toHaveLength(count);
    return all.at(-1) as SipRequest;
  }

  /** Long enough for whatever was to be sent to have arrived. */
  async roundTrip(): Promise<void> {
    const other = await RawPhone.open(this.server.sip);
    other.send(other.compose('BYE', 1, { toTag: 'nothing' }));
    await other.expect(481, 'BYE');
    await other.close();
  }
}

/** Why it ended, as the application is told. */
export function whyOf(dialog: {
  on(event: 'destroy', listener: () => void): unknown;
}): () => unknown {
  let why: unknown;
  dialog.on('destroy', ((_request: unknown, text: unknown) => (why = text)) as () => void);
  return () => why;
}

/** Sets up a bench for each test of the file, and looks after each that nothing is left. */
export function useTimerBench(): TimerBench {
  const bench = new TimerBench();
  beforeEach(() => bench.open());
  afterEach(() => bench.close());
  return bench;
}
