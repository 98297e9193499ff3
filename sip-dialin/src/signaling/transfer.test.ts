import { AppError } from '@switchroom/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SDP, type RawPhone } from '../sip-server/testing/RawPhone.ts';
import { until } from '../sip-server/testing/until.ts';
import { outboundTrunk, takes } from './outbound/testing/OutboundBench.ts';
import { gatewayTrunk } from './testing/gatewayTrunk.ts';
import { SignalingBench } from './testing/SignalingBench.ts';

let bench: SignalingBench;

beforeEach(async () => {
  bench = await SignalingBench.open([gatewayTrunk()]);
});

afterEach(() => bench.close());

function refer(phone: RawPhone, target: string, headers: string[] = []): void {
  phone.send(phone.compose('REFER', 2, { headers: [`Refer-To: ${target}`, ...headers] }));
}

/** What the phone was told by NOTIFY, as `100 active`. */
function news(phone: RawPhone): string[] {
  return phone.requests
    .filter(({ method }) => method === 'NOTIFY')
    .map(({ headers, body }) => {
      expect(headers.get('Event')).toBe('refer');
      expect(headers.get('Content-Type')).toBe('message/sipfrag;version=2.0');
      const status = /^SIP\/2\.0 (\d+)/.exec(body.toString())?.[1] ?? '';
      return `${status} ${(headers.get('Subscription-State') ?? '').split(';')[0] ?? ''}`;
    });
}

describe('REFER', () => {
  it('calls the number by way of the server, and hangs up when that one has joined', async () => {
    const { phone, leg } = await bench.joined();
    const carrier = await bench.phone();
    carrier.onMessage = (message) => {
      if (message.kind !== 'request') return;
      if (message.method !== 'INVITE') carrier.reply(message, 200);
      else {
        carrier.reply(message, 180);
        takes(message, carrier);
      }
    };
    bench.update([gatewayTrunk(), outboundTrunk(carrier.port, {}, { cidrs: [] })]);
    bench.rooms.onRefer = async (number) => {
      bench.outgoing.desk.place(bench.order(number));
      return { callId: 'call1' };
    };
    refer(phone, '<sip:+15550123@127.0.0.1>');
    await phone.expect(202, 'REFER');
    await until('the answer', () => bench.outgoing.desk.legs.length === 1);
    expect(bench.rooms.referred).toEqual(['+15550123']);
    expect(leg.state.name).toBe('joined');
    bench.media.leg('call1').press('1');
    bench.rooms.tellJoined();
    await phone.expectRequest('BYE');
    await until('the news', () => news(phone).includes('200 terminated'));
    expect(news(phone)).toEqual(['100 active', '180 active', '200 terminated']);
    expect(bench.outgoing.desk.legs[0]?.state.name).toBe('joined');
  });

  it('stays where it is when the call comes to nothing', async () => {
    const { phone, leg } = await bench.joined();
    bench.rooms.onRefer = async (number) => {
      bench.outgoing.desk.place(bench.order(number));
      return { callId: 'call1' };
    };
    refer(phone, '<tel:+15550123>');
    await until('the news', () => news(phone).includes('503 terminated'));
    expect(leg.state.name).toBe('joined');
  });

  it.each([
    ['number-not-allowed', undefined, 403, undefined],
    ['rate-limited', undefined, 480, '60'],
    ['rate-limited', 1_799_001, 480, '1800'],
    ['conflict', undefined, 491, undefined],
    ['dial-out-unavailable', undefined, 500, '10'],
    ['unavailable', undefined, 500, '10'],
  ] as const)(
    'is refused as %s after %s ms by %i',
    async (code, retryAfterMs, status, retryAfter) => {
      const { phone, leg } = await bench.joined();
      bench.rooms.onRefer = () => Promise.reject(new AppError(code, 'no', { retryAfterMs }));
      refer(phone, '<sip:+19005550123@127.0.0.1>');
      const answer = await phone.expect(status, 'REFER');
      expect(answer.headers.get('Retry-After')).toBe(retryAfter);
      expect(leg.state.name).toBe('joined');
      expect(news(phone)).toEqual([]);
      // It may be tried again.
      bench.rooms.onRefer = () => Promise.reject(new AppError('forbidden', 'no'));
      phone.send(phone.compose('REFER', 3, { headers: ['Refer-To: <sip:+15550123@127.0.0.1>'] }));
      await phone.expect(403, 'REFER');
    },
  );

  it('is one at a time', async () => {
    const { phone } = await bench.joined();
    bench.rooms.onRefer = () => new Promise(() => undefined);
    refer(phone, '<sip:+15550123@127.0.0.1>');
    await until('the order', () => bench.rooms.referred.length === 1);
    phone.send(phone.compose('REFER', 3, { headers: ['Refer-To: <sip:+15550123@127.0.0.1>'] }));
    await phone.expect(491, 'REFER');
    expect(bench.rooms.referred).toHaveLength(1);
  });

  it('is accepted also when the phone has hung up since, as the call is on its way', async () => {
    const { phone } = await bench.joined();
    const order = Promise.withResolvers<{ callId: string }>();
    bench.rooms.onRefer = () => order.promise;
    refer(phone, '<sip:+15550123@127.0.0.1>');
    await until('the order', () => bench.rooms.referred.length === 1);
    phone.send(phone.compose('BYE', 3));
    await phone.expect(200, 'BYE');
    order.resolve({ callId: 'call1' });
    await phone.expect(202, 'REFER');
    expect(news(phone)).toEqual([]);
  });

  it('says nothing to a phone that does not want to know, but that it is refused', async () => {
    const { phone } = await bench.joined();
    bench.rooms.onRefer = async (number) => {
      bench.outgoing.desk.place(bench.order(number));
      return { callId: 'call1' };
    };
    refer(phone, '<sip:+15550123@127.0.0.1>', ['Refer-Sub: false']);
    const answer = await phone.expect(202, 'REFER');
    expect(answer.headers.get('Refer-Sub')).toBe('false');
    await until('the end of it', () => bench.outgoing.desk.legs.length === 0);
    expect(news(phone)).toEqual([]);
    bench.rooms.onRefer = () => Promise.reject(new AppError('forbidden', 'no'));
    const headers = ['Refer-To: <sip:+15550123@127.0.0.1>', 'Refer-Sub: false'];
    phone.send(phone.compose('REFER', 3, { headers }));
    await phone.expect(403, 'REFER');
  });

  it.each([
    ['<sip:reception@127.0.0.1>', 404],
    ['<sip:+15550123@127.0.0.1?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>', 404],
    ['<sip:+15550123@127.0.0.1;method=MESSAGE>', 404],
    ['', 400],
  ])('is not followed to %j: %i', async (target, status) => {
    const { phone } = await bench.joined();
    refer(phone, target);
    await phone.expect(status, 'REFER');
    expect(bench.rooms.referred).toEqual([]);
  });

  it('is declined before the phone is in a meeting', async () => {
    const phone = await bench.phone();
    phone.onMessage = (message) => {
      if (message.kind === 'request') phone.reply(message, 200);
    };
    const headers = ['Content-Type: application/sdp'];
    phone.send(phone.compose('INVITE', 1, { body: SDP, headers }));
    await phone.expect(200, 'INVITE');
    phone.send(phone.compose('ACK', 1));
    refer(phone, '<sip:+15550123@127.0.0.1>');
    await phone.expect(603, 'REFER');
  });
});

/** An INVITE that wants to take the place of what `of` names. */
async function replace(value: string): Promise<RawPhone> {
  const phone = await bench.phone();
  const headers = ['Content-Type: application/sdp', 'Require: replaces', `Replaces: ${value}`];
  const body = SDP.replace('41000', '41100');
  phone.send(phone.compose('INVITE', 1, { body, headers }));
  return phone;
}

const dialogOf = (phone: RawPhone): string =>
  `${phone.callId};to-tag=${phone.remoteTag};from-tag=${phone.tag}`;

describe('Replaces', () => {
  it('takes the place of a call: the same participant, by another phone', async () => {
    const { phone, leg } = await bench.joined();
    const other = await replace(dialogOf(phone));
    await other.expect(200, 'INVITE');
    other.send(other.compose('ACK', 1));
    await phone.expectRequest('BYE');
    expect(leg.state.name).toBe('joined');
    expect(bench.switchboard.legs).toEqual([leg]);
    expect(bench.rooms.phones).toHaveLength(1);
    expect(bench.rooms.left).toEqual([]);
    await until('one line', () => lines() === 1);
    // From now on it is the call: its BYE ends it, its re-INVITE is answered.
    other.send(other.compose('BYE', 2));
    await other.expect(200, 'BYE');
    await until('the end', () => bench.switchboard.legs.length === 0);
    expect(lines()).toBe(0);
  });

  it.each([
    ['tags of no call', (phone: RawPhone) => `${phone.callId};to-tag=x;from-tag=${phone.tag}`, 481],
    ['another Call-ID', (phone: RawPhone) => dialogOf(phone).replace(/^[^;]*/, 'x'), 481],
    ['an early one that is up', (phone: RawPhone) => `${dialogOf(phone)};early-only`, 486],
    ['no tags', (phone: RawPhone) => phone.callId, 400],
  ])('is refused for %s', async (_what, value, status) => {
    const { phone, leg } = await bench.joined();
    const other = await replace(value(phone));
    await other.expect(status, 'INVITE');
    expect(leg.state.name).toBe('joined');
    expect(lines()).toBe(1);
  });

  it('leaves a call alone that it cannot take the sound of', async () => {
    const { phone, leg } = await bench.joined();
    const other = await bench.phone();
    const headers = ['Content-Type: application/sdp', `Replaces: ${dialogOf(phone)}`];
    const body = SDP.replace('RTP/AVP 0 101', 'RTP/AVP 99').replace(/a=rtpmap.*\r\n/g, '');
    other.send(other.compose('INVITE', 1, { body, headers }));
    await other.expect(488, 'INVITE');
    expect(leg.state.name).toBe('joined');
    expect(phone.requests).toEqual([]);
    await until('one line', () => lines() === 1);
  });

  it('is for calls over the same trunk, whoever knows their tags', async () => {
    const { phone, leg } = await bench.joined();
    // From now on calls from here come over another one.
    bench.update([
      gatewayTrunk({ id: 'other', cidrs: ['127.0.0.1/32'] }),
      gatewayTrunk({ cidrs: ['192.0.2.0/24'] }),
    ]);
    const other = await replace(dialogOf(phone));
    await other.expect(481, 'INVITE');
    expect(leg.state.name).toBe('joined');
    expect(lines()).toBe(0);
  });

  it('lets the phone that came in by it hand its call on as well', async () => {
    const { phone } = await bench.joined();
    bench.rooms.onRefer = () => Promise.reject(new AppError('forbidden', 'no'));
    const other = await replace(dialogOf(phone));
    await other.expect(200, 'INVITE');
    other.send(other.compose('ACK', 1));
    await phone.expectRequest('BYE');
    refer(other, '<sip:+15550123@127.0.0.1>');
    await other.expect(403, 'REFER');
    expect(bench.rooms.referred).toHaveLength(1);
  });
});

/** Calls over the trunk that a call from here comes in by. */
function lines(): number {
  const verdict = bench.trunks.judge(anyCall);
  if (verdict.type !== 'admitted') throw new Error(verdict.type);
  return verdict.trunk.calls;
}

const anyCall = {
  ...{ source: '127.0.0.1', uri: 'sip:x@127.0.0.1', authorization: '', certified: false },
};
