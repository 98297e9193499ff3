import Srf from 'drachtio-srf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSipServer, type SipServer } from '../index.ts';
import { tagOf } from '../message/nameAddr.ts';
import { cseqOf, type SipResponse } from '../message/SipMessage.ts';
import { connected, SECRET } from '../testing/connected.ts';
import { FakeClock } from '../testing/FakeClock.ts';
import { RawPhone, SDP } from '../testing/RawPhone.ts';
import { until } from '../testing/until.ts';

/* RFC 3262, provisional answers that must arrive. */

const REQUIRED = 'Require: 100rel';

let clock: FakeClock;
let server: SipServer;
let srf: Srf;
let phone: RawPhone;
/** The answers to the last INVITE, for the test to give. */
let res: Srf.SrfResponse | undefined;
let canceled: boolean;

beforeEach(async () => {
  clock = new FakeClock();
  server = await startSipServer({ host: '127.0.0.1', port: 0, secret: SECRET, clock });
  srf = new Srf();
  res = undefined;
  canceled = false;
  srf.invite((req, response) => {
    res = response;
    req.on('cancel', () => (canceled = true));
  });
  await connected(srf, server);
  phone = await RawPhone.open(server.sip);
});

afterEach(async () => {
  srf.disconnect();
  await phone.close();
  await server.close();
  expect(clock.pending).toBe(0);
});

/** An INVITE, once the application has it. */
async function invite(...headers: string[]): Promise<Srf.SrfResponse> {
  phone.send(phone.compose('INVITE', 1, { body: SDP, headers }));
  await until('the application to be asked', () => res !== undefined);
  return res!;
}

function prack(seq: number, rack: string): void {
  phone.send(phone.compose('PRACK', seq, { headers: [`RAck: ${rack}`] }));
}

const rseqOf = (response: SipResponse): number => Number(response.headers.get('RSeq'));

describe('a caller that requires 100rel', () => {
  it('gets the 180 again and again until its PRACK, which is answered, and is taken', async () => {
    const call = await invite(REQUIRED);
    call.send(180);
    const ringing = await phone.expect(180, 'INVITE');
    expect(ringing.headers.get('Require')).toBe('100rel');
    expect(rseqOf(ringing)).toBeGreaterThan(0);
    for (const [times, ms] of [500, 1000, 2000].entries()) {
      clock.advance(ms);
      await until('the 180 again', () => phone.statuses(180).length === times + 2);
    }
    expect(new Set(phone.statuses(180).map(rseqOf)).size).toBe(1);
    prack(2, `${rseqOf(ringing)} 1 INVITE`);
    await phone.expect(200, 'PRACK');
    clock.advance(20_000);
    call.send(200, { body: SDP });
    const answer = await phone.expect(200, 'INVITE');
    expect(answer.headers.has('RSeq')).toBe(false);
    expect(answer.headers.has('Require')).toBe(false);
    phone.send(phone.compose('ACK', 1));
    await until('the ACK', () => server.stats().unacked === 0);
    expect(phone.statuses(180)).toHaveLength(4);
    clock.advance(60_000);
    expect(server.stats().unpracked).toBe(0);
  });

  it('that never sends it is refused with 504, and the application hears of it', async () => {
    (await invite(REQUIRED)).send(180);
    await phone.expect(180, 'INVITE');
    clock.advance(32_000);
    await phone.expect(504, 'INVITE');
    await until('the application to be told', () => canceled);
    phone.send(phone.compose('ACK', 1));
    clock.advance(60_000);
  });

  it('gets the next provisional answer only after its PRACK for the one before', async () => {
    const call = await invite(REQUIRED);
    call.send(180);
    call.send(183, { body: SDP });
    const ringing = await phone.expect(180, 'INVITE');
    clock.advance(500);
    await until('the 180 again', () => phone.statuses(180).length === 2);
    expect(phone.statuses(183)).toEqual([]);
    prack(2, `${rseqOf(ringing)} 1 INVITE`);
    const progress = await phone.expect(183, 'INVITE');
    expect(rseqOf(progress)).toBe(rseqOf(ringing) + 1);
    // A 2xx waits for the PRACK of what has a session description.
    call.send(200, { body: SDP });
    clock.advance(500);
    await until('the 183 again', () => phone.statuses(183).length === 2);
    expect(phone.statuses(200, 'INVITE')).toEqual([]);
    prack(3, `${rseqOf(progress)} 1 INVITE`);
    await phone.expect(200, 'INVITE');
    phone.send(phone.compose('ACK', 1));
    await until('the ACK', () => server.stats().unacked === 0);
    await until('both answers to PRACK', () => phone.statuses(200, 'PRACK').length === 2);
  });

  it('may be answered before its PRACK, which is then answered all the same', async () => {
    const call = await invite(REQUIRED);
    call.send(180);
    const ringing = await phone.expect(180, 'INVITE');
    call.send(200, { body: SDP });
    await phone.expect(200, 'INVITE');
    prack(2, `${rseqOf(ringing)} 1 INVITE`);
    await phone.expect(200, 'PRACK');
    phone.send(phone.compose('ACK', 1));
    await until('the ACK', () => server.stats().unacked === 0);
    clock.advance(5000);
    expect(phone.statuses(180)).toHaveLength(1);
  });

  it.each([['nonsense'], ['1 1 INVITE'], ['%r 2 INVITE'], ['%r 1 BYE']])(
    'whose PRACK says %j gets 481, and the 180 again',
    async (rack) => {
      (await invite(REQUIRED)).send(180);
      const ringing = await phone.expect(180, 'INVITE');
      prack(2, rack.replace('%r', String(rseqOf(ringing))));
      await phone.expect(481, 'PRACK');
      clock.advance(500);
      await until('the 180 again', () => phone.statuses(180).length === 2);
      prack(3, `${rseqOf(ringing)} 1 INVITE`);
      await phone.expect(200, 'PRACK');
      prack(4, `${rseqOf(ringing)} 1 INVITE`);
      await until('481 for the second', () => phone.statuses(481, 'PRACK').length === 2);
    },
  );

  it('and cancels gets 487, and the 180 no more', async () => {
    const branch = phone.branch();
    phone.send(phone.compose('INVITE', 1, { branch, body: SDP, headers: [REQUIRED] }));
    await until('the application to be asked', () => res !== undefined);
    res!.send(180);
    await phone.expect(180, 'INVITE');
    phone.remoteTag = '';
    phone.send(phone.compose('CANCEL', 1, { branch }));
    await phone.expect(487, 'INVITE');
    phone.send(phone.compose('ACK', 1, { branch }));
    clock.advance(60_000);
    expect(phone.statuses(180)).toHaveLength(1);
    expect(server.stats()).toMatchObject({ unpracked: 0, dialogs: 0, serverTransactions: 0 });
  });
});

describe('a caller that only can', () => {
  it.each([
    ['Supported: 100rel', '100rel'],
    ['X-None: 1', undefined],
  ])(
    'with %s: an application that wants a reliable 180 sends one requiring %s',
    async (can, has) => {
      (await invite(can)).send(180, { headers: { Require: '100rel' } });
      const ringing = await phone.expect(180, 'INVITE');
      expect(ringing.headers.get('Require')).toBe(has);
      expect(ringing.headers.has('RSeq')).toBe(has !== undefined);
      if (has !== undefined) prack(2, `${rseqOf(ringing)} 1 INVITE`);
    },
  );

  it('gets an ordinary 180 otherwise', async () => {
    (await invite('Supported: 100rel')).send(180);
    const ringing = await phone.expect(180, 'INVITE');
    expect(ringing.headers.has('RSeq')).toBe(false);
  });
});

describe('a call of ours', () => {
  it('acknowledges each reliable answer once, whatever comes again or too early', async () => {
    phone.onMessage = (message) => {
      if (message.kind !== 'request') return;
      const headers = (rseq: number): { headers: string[] } => ({
        headers: [REQUIRED, `RSeq: ${rseq}`],
      });
      if (message.method === 'INVITE') {
        for (const rseq of [7, 7, 9]) phone.reply(message, 180, headers(rseq));
      } else if (message.method === 'PRACK') {
        phone.reply(message, 200);
        const [first] = phone.requests;
        if (message.headers.get('RAck')?.startsWith('7') === true) {
          phone.reply(first!, 183, headers(8));
        } else phone.reply(first!, 200, { body: SDP });
      }
    };
    await srf.createUAC(`sip:bob@127.0.0.1:${phone.port}`, {
      localSdp: SDP,
      headers: { Supported: '100rel' },
    });
    const ack = await phone.expectRequest('ACK');
    const racks = phone.requests.filter((one) => one.method === 'PRACK');
    const seq = cseqOf(phone.requests[0]!)?.seq ?? 0;
    expect(racks.map((one) => one.headers.get('RAck'))).toEqual([
      `7 ${seq} INVITE`,
      `8 ${seq} INVITE`,
    ]);
    expect(racks.map((one) => cseqOf(one)?.seq)).toEqual([seq + 1, seq + 2]);
    expect(tagOf(racks[0]!.headers.get('To'))).toBe(phone.tag);
    expect(cseqOf(ack)?.seq).toBe(seq);
  });
});
