import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SipRequest } from '../../sip-server/message/SipMessage.ts';
import { FakeClock } from '../../sip-server/testing/FakeClock.ts';
import { SDP, type RawPhone } from '../../sip-server/testing/RawPhone.ts';
import { until } from '../../sip-server/testing/until.ts';
import { CallFailed } from './callFailure.ts';
import type { Dialled } from './Dialer.ts';
import { OutboundBench, outboundTrunk, status, takes } from './testing/OutboundBench.ts';

let bench: OutboundBench;

beforeEach(async () => {
  bench = await OutboundBench.open();
});

afterEach(() => bench.close());

/** The reason that a dial fails with. */
async function failure(dial: Promise<Dialled>): Promise<string> {
  const error: unknown = await dial.catch((thrown: unknown) => thrown);
  return error instanceof CallFailed ? error.reason : `none: ${String(error)}`;
}

const silent = () => undefined;

/** What came of a method, without retransmissions. */
function once(phone: RawPhone, method: string): SipRequest[] {
  const all = phone.requests.filter((request) => request.method === method);
  return [...new Map(all.map((request) => [keyOf(request), request])).values()];
}

/** The CSeqs of what came of a method, each once. */
function seqs(phone: RawPhone, method: string): string[] {
  return once(phone, method).map(({ headers }) => headers.get('CSeq') ?? '');
}

describe('Dialer', () => {
  it('calls with our number, and gives the answer', async () => {
    const carrier = await bench.carrier({ INVITE: takes });
    bench.trunks.update([outboundTrunk(carrier.port)]);
    const { answer, call } = await bench.dial();
    expect(answer).toBe(SDP);
    const invite = await carrier.expectRequest('INVITE');
    expect(invite.uri).toBe(`sip:+15550123@127.0.0.1:${carrier.port}`);
    expect(invite.headers.get('From')).toContain('<sip:+15550177@127.0.0.1:');
    expect(invite.headers.get('P-Asserted-Identity')).toBe('<sip:+15550177@127.0.0.1>');
    expect(invite.body.toString()).toBe(SDP);
    await carrier.expectRequest('ACK');
    await call.bye();
    await carrier.expectRequest('BYE');
  });

  it('names the account in From where the carrier goes by that, and the number beside it', async () => {
    const carrier = await bench.carrier({ INVITE: takes });
    const account = { fromUser: 'username', username: 'our account', password: 'secret' } as const;
    bench.trunks.update([outboundTrunk(carrier.port, account)]);
    const { call } = await bench.dial();
    const { headers } = await carrier.expectRequest('INVITE');
    expect(headers.get('From')).toContain('<sip:our%20account@127.0.0.1');
    expect(headers.get('P-Asserted-Identity')).toContain('<sip:+15550177@127.0.0.1');
    await call.bye();
  });

  it.each([
    [486, 'busy'],
    [600, 'busy'],
    [480, 'no-answer'],
    [603, 'refused'],
    [403, 'refused'],
    [404, 'invalid-number'],
    [484, 'invalid-number'],
    [410, 'invalid-number'],
    [488, 'unreachable'],
  ])('takes %i for the last word: %s', async (code, reason) => {
    const [carrier, other] = [
      await bench.carrier({ INVITE: status(code) }),
      await bench.carrier({ INVITE: takes }),
    ];
    bench.trunks.update([outboundTrunk(carrier.port), outboundTrunk(other.port, { priority: 20 })]);
    expect(await failure(bench.dial())).toBe(reason);
    expect(other.requests).toEqual([]);
  });

  it.each([
    [500, 'Q.850;cause=17;text="User busy"', 'busy'],
    [503, 'SIP;cause=503, Q.850;text="x";cause=28', 'invalid-number'],
    [480, 'q.850 ; cause = 17', 'busy'],
    [480, 'Q.850;cause=19', 'no-answer'],
    [499, 'Q.850;cause=1', 'invalid-number'],
    [403, 'Q.850;cause=17', 'refused'],
  ])('believes the telephone network where %i says less: %s', async (code, cause, reason) => {
    const carrier = await bench.carrier({ INVITE: status(code, [`Reason: ${cause}`]) });
    bench.trunks.update([outboundTrunk(carrier.port)]);
    expect(await failure(bench.dial())).toBe(reason);
  });

  it.each<[string, typeof silent | ReturnType<typeof status>]>([
    ['503', status(503)],
    ['500', status(500)],
    ['503, no circuit', status(503, ['Reason: Q.850;cause=34'])],
    ['408', status(408)],
    ['302 to elsewhere', status(302, ['Contact: <sip:+19005550100@127.0.0.1>'])],
    ['407 without a password of ours', status(407)],
    ['nothing at all', silent],
  ])('goes on to the next trunk after %s', async (_what, answer) => {
    const carrier = await bench.carrier({ INVITE: answer });
    const other = await bench.carrier({ INVITE: takes });
    bench.trunks.update([
      outboundTrunk(other.port, { priority: 20 }),
      outboundTrunk(carrier.port, { priority: 10 }),
    ]);
    const { trunk } = await bench.dial({}, { firstAnswerMs: 300 });
    expect(trunk.id).toBe(`carrier-${other.port}`);
    expect(carrier.requests.some(({ method }) => method === 'INVITE')).toBe(true);
  });

  it('leaves a trunk alone that is overloaded, for as long as it asks for', async () => {
    let answer = status(503, ['Retry-After: 120 (maintenance);duration=60']);
    const busy = await bench.carrier({ INVITE: (request, phone) => answer(request, phone) });
    const other = await bench.carrier({ INVITE: takes });
    bench.trunks.update([outboundTrunk(busy.port), outboundTrunk(other.port, { priority: 20 })]);
    await (await bench.dial()).call.bye();
    await (await bench.dial()).call.bye();
    expect(once(busy, 'INVITE')).toHaveLength(1);
    // Where there is no other, it is asked all the same, and what takes a call rests no more.
    bench.trunks.update([outboundTrunk(busy.port)]);
    answer = takes;
    await (await bench.dial()).call.bye();
    expect(bench.trunks.inOrder()[0]?.hopeful).toBe(true);
  });

  it('is soon done with the first of two that is silent, by default', async () => {
    const quiet = await bench.carrier({ INVITE: silent });
    const other = await bench.carrier({ INVITE: takes });
    bench.trunks.update([outboundTrunk(quiet.port), outboundTrunk(other.port, { priority: 20 })]);
    // SIP itself would take 32 s, which is longer than a test may.
    const { trunk } = await bench.dial();
    expect(trunk.id).toBe(`carrier-${other.port}`);
  });

  it('says unreachable when none could place it', async () => {
    const carrier = await bench.carrier({ INVITE: status(503) });
    bench.trunks.update([outboundTrunk(carrier.port)]);
    expect(await failure(bench.dial())).toBe('unreachable');
    bench.trunks.update([]);
    expect(await failure(bench.dial())).toBe('unreachable');
  });

  it('goes on from a trunk that says 100 and no more, and does not think it gone', async () => {
    const trying = await bench.carrier({ INVITE: status(100) });
    const other = await bench.carrier({ INVITE: takes });
    bench.trunks.update([outboundTrunk(trying.port), outboundTrunk(other.port, { priority: 20 })]);
    const { trunk } = await bench.dial({}, { progressMs: 200 });
    expect(trunk.id).toBe(`carrier-${other.port}`);
    await trying.expectRequest('CANCEL');
    expect(bench.trunks.inOrder()[0]?.id).toBe(`carrier-${trying.port}`);
  });

  it('waits for a trunk that says 100, and lets it ring until the limit', async () => {
    const rings: string[] = [];
    const carrier = await bench.carrier({
      INVITE: (request, phone) => {
        phone.reply(request, 100);
        phone.reply(request, 180);
        phone.reply(request, 183, { body: SDP, headers: ['Content-Type: application/sdp'] });
      },
      CANCEL: (request, phone) => {
        phone.reply(request, 200);
        phone.reply(
          phone.requests.find(({ method }) => method === 'INVITE')!,
          487,
        );
      },
    });
    bench.trunks.update([outboundTrunk(carrier.port)]);
    const dial = bench.dial(
      { onRinging: () => rings.push('rings') },
      { firstAnswerMs: 100, ringMs: 600 },
    );
    expect(await failure(dial)).toBe('no-answer');
    expect(rings).toEqual(['rings']);
    await carrier.expectRequest('CANCEL');
    await until('all to be over', () => bench.server.stats().dialogs === 0);
  });

  it('takes 408 and 487 after ringing for no answer', async () => {
    const carrier = await bench.carrier({
      INVITE: (request, phone) => {
        phone.reply(request, 180);
        phone.reply(request, 408);
      },
    });
    bench.trunks.update([outboundTrunk(carrier.port)]);
    expect(await failure(bench.dial())).toBe('no-answer');
  });

  it('is given up: CANCEL, once there is a first answer', async () => {
    const abort = new AbortController();
    const carrier = await bench.carrier({
      INVITE: () => abort.abort(),
      CANCEL: (request, phone) => {
        phone.reply(request, 200);
        phone.reply(
          phone.requests.find(({ method }) => method === 'INVITE')!,
          487,
        );
      },
    });
    bench.trunks.update([outboundTrunk(carrier.port)]);
    expect(await failure(bench.dial({ signal: abort.signal }))).toBe('cancelled');
    // RFC 3261 section 9.1: not before that.
    expect(carrier.requests.map(({ method }) => method)).not.toContain('CANCEL');
    carrier.reply(await carrier.expectRequest('INVITE'), 180);
    await carrier.expectRequest('CANCEL');
  });

  it('hangs up on a trunk that was given up and answers all the same', async () => {
    const late = await bench.carrier({ INVITE: silent });
    const other = await bench.carrier({ INVITE: takes });
    bench.trunks.update([outboundTrunk(late.port), outboundTrunk(other.port, { priority: 20 })]);
    const { trunk } = await bench.dial({}, { firstAnswerMs: 200 });
    expect(trunk.id).toBe(`carrier-${other.port}`);
    takes(await late.expectRequest('INVITE'), late);
    await late.expectRequest('ACK');
    await late.expectRequest('BYE');
  });

  it('a CANCEL that meets a 200 ends in a BYE', async () => {
    const abort = new AbortController();
    const carrier = await bench.carrier({
      INVITE: (request, phone) => {
        phone.reply(request, 180);
        takes(request, phone);
      },
    });
    bench.trunks.update([outboundTrunk(carrier.port)]);
    const dial = bench.dial({ signal: abort.signal, onRinging: () => abort.abort() });
    expect(await failure(dial)).toBe('cancelled');
    await carrier.expectRequest('BYE');
  });

  it('keeps to the lines of a trunk, and gives them back', async () => {
    const carrier = await bench.carrier({ INVITE: takes });
    bench.trunks.update([outboundTrunk(carrier.port, { maxCalls: 1 })]);
    const { trunk, call } = await bench.dial();
    expect(await failure(bench.dial())).toBe('unreachable');
    // Also across a change of its settings.
    bench.trunks.update([outboundTrunk(carrier.port, { maxCalls: 1, callerId: '+15550178' })]);
    expect(await failure(bench.dial())).toBe('unreachable');
    await call.bye();
    trunk.release();
    carrier.received.length = 0;
    await (await bench.dial()).call.bye();
  });

  it.each(['MD5', 'SHA-256'])('answers a challenge by %s, on the INVITE and once', async (name) => {
    const challenge = `Proxy-Authenticate: Digest realm="carrier", nonce="abc", algorithm=${name}, qop="auth", opaque="x,y"`;
    const carrier = await bench.carrier({
      INVITE: (request, phone) => {
        if (request.headers.has('Proxy-Authorization')) takes(request, phone);
        else status(407, [challenge])(request, phone);
      },
    });
    bench.trunks.update([
      outboundTrunk(carrier.port, { username: 'switchroom', password: 'secret' }),
    ]);
    await (await bench.dial()).call.bye();
    const [first, second] = once(carrier, 'INVITE');
    expect(second?.headers.get('Call-ID')).toBe(first?.headers.get('Call-ID'));
    expect(second?.headers.get('From')).toBe(first?.headers.get('From'));
    expect(second?.headers.get('CSeq')).toBe('2 INVITE');
    const sent = second?.headers.get('Proxy-Authorization') ?? '';
    expect(sent).toMatch(/^Digest username="switchroom", realm="carrier", nonce="abc", uri="sip:/);
    expect(sent).toMatch(/, opaque="x,y"$/);
    expect(/response="([^"]*)"/.exec(sent)?.[1]).toHaveLength(name === 'MD5' ? 32 : 64);
  });

  it('does not send a wrong password for ever', async () => {
    const carrier = await bench.carrier({
      INVITE: status(401, ['WWW-Authenticate: Digest realm="carrier", nonce="abc"']),
    });
    bench.trunks.update([outboundTrunk(carrier.port, { username: 'me', password: 'wrong' })]);
    expect(await failure(bench.dial())).toBe('unreachable');
    expect(seqs(carrier, 'INVITE')).toEqual(['1 INVITE', '2 INVITE']);
  });

  it('asks again with the session interval that a trunk wants', async () => {
    const carrier = await bench.carrier({
      INVITE: (request, phone) => {
        if (request.headers.get('Session-Expires') === '3600') takes(request, phone);
        else status(422, ['Min-SE: 3600'])(request, phone);
      },
    });
    bench.trunks.update([outboundTrunk(carrier.port)]);
    await (await bench.dial()).call.bye();
  });

  it.each(['INVITE', 'UPDATE'])('refreshes a call by %s with the password, too', async (method) => {
    await bench.close();
    const clock = new FakeClock();
    bench = await OutboundBench.open(undefined, { clock });
    const challenge = ['WWW-Authenticate: Digest realm="carrier", nonce="abc", qop="auth"'];
    const session = [
      ...['Session-Expires: 1800;refresher=uac', 'Require: timer'],
      ...(method === 'UPDATE' ? ['Allow: INVITE, ACK, BYE, UPDATE'] : []),
    ];
    const answer = (request: SipRequest, phone: RawPhone): void => {
      const headers = ['Content-Type: application/sdp', ...session];
      if (!request.headers.has('Authorization')) status(401, challenge)(request, phone);
      else phone.reply(request, 200, { headers, body: SDP });
    };
    const carrier = await bench.carrier({ INVITE: answer, UPDATE: answer });
    bench.trunks.update([outboundTrunk(carrier.port, { username: 'me', password: 'secret' })]);
    const { call } = await bench.dial();
    // Of the 401 and of the 200.
    await until('the ACK', () => seqs(carrier, 'ACK').length === 2);
    carrier.received.length = 0;
    clock.advance(900_000);
    await until('both tries', () => seqs(carrier, method).length === 2);
    const last = once(carrier, method).at(-1);
    expect(last?.headers.get('Authorization')).toContain('username="me"');
    // Refused again, it would go on trying: so it was the last.
    if (method === 'INVITE') await until('the ACKs', () => seqs(carrier, 'ACK').length >= 2);
    clock.advance(10_000);
    expect(seqs(carrier, method)).toHaveLength(2);
    await call.bye();
  });

  it('acknowledges a reliable 183, whose answer need not come again', async () => {
    const headers = ['Content-Type: application/sdp', 'Require: 100rel', 'RSeq: 7'];
    const carrier = await bench.carrier({
      INVITE: (request, phone) => phone.reply(request, 183, { body: SDP, headers }),
      PRACK: (request, phone) => {
        phone.reply(request, 200);
        phone.reply(
          phone.requests.find(({ method }) => method === 'INVITE')!,
          200,
        );
      },
    });
    bench.trunks.update([outboundTrunk(carrier.port)]);
    const { answer, call } = await bench.dial();
    expect(answer).toBe(SDP);
    await call.bye();
  });

  it('tries a trunk last that has not answered its OPTIONS', async () => {
    await bench.close();
    bench = await OutboundBench.open({ ping: { answerMs: 200, downMs: 60_000 } });
    const deaf = await bench.carrier({ OPTIONS: silent, INVITE: takes });
    const away = await bench.carrier({ OPTIONS: status(503), INVITE: takes });
    const refuses = await bench.carrier({ OPTIONS: status(405), INVITE: takes });
    bench.trunks.update([
      outboundTrunk(deaf.port, { priority: 1 }),
      outboundTrunk(away.port, { priority: 2 }),
      outboundTrunk(refuses.port, { priority: 3 }),
    ]);
    bench.trunks.start();
    await until('the pings', () => bench.trunks.inOrder()[0]?.id === `carrier-${refuses.port}`);
    const { trunk, call } = await bench.dial();
    expect(trunk.id).toBe(`carrier-${refuses.port}`);
    await call.bye();
    // Better than none.
    bench.trunks.update([outboundTrunk(deaf.port, { priority: 1 })]);
    await (await bench.dial()).call.bye();
  });
});

function keyOf({ headers }: SipRequest): string {
  return `${headers.get('Call-ID') ?? ''} ${headers.get('CSeq') ?? ''}`;
}
