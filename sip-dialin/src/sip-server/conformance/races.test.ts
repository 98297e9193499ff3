import Srf from 'drachtio-srf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSipServer, type SipServer } from '../index.ts';
import { tagOf } from '../message/nameAddr.ts';
import { cseqOf, type SipRequest } from '../message/SipMessage.ts';
import { connected, SECRET } from '../testing/connected.ts';
import { RawPhone, SDP } from '../testing/RawPhone.ts';
import { until } from '../testing/until.ts';

/* What crosses, comes twice or comes late (RFC 5407 names most of it), and a call handed on. */

const timers = { t1: 20, t2: 80, t4: 100 };
const CONTENT = ['Content-Type: application/sdp'];

let server: SipServer;
let srf: Srf;
let phone: RawPhone;
let dialogs: Srf.Dialog[];

beforeEach(async () => {
  server = await startSipServer({ host: '127.0.0.1', port: 0, secret: SECRET, timers });
  srf = new Srf();
  dialogs = [];
  srf.invite((req, res) => {
    void srf.createUAS(req, res, { localSdp: SDP }).then((dialog) => dialogs.push(dialog));
  });
  await connected(srf, server);
  phone = await RawPhone.open(server.sip);
});

afterEach(async () => {
  srf.disconnect();
  await phone.close();
  await server.close();
});

async function nothingLeft(): Promise<void> {
  const held = (): number => {
    const { serverTransactions, clientTransactions, dialogs: open, unacked } = server.stats();
    return serverTransactions + clientTransactions + open + unacked;
  };
  await until('nothing to be left', () => held() === 0, 10_000);
}

const toTag = ({ headers }: SipRequest): string => tagOf(headers.get('To') ?? '') ?? '';

/** A call to us that is up. */
async function call(): Promise<Srf.Dialog> {
  phone.send(phone.compose('INVITE', 1, { body: SDP, headers: CONTENT }));
  await phone.expect(200, 'INVITE');
  phone.send(phone.compose('ACK', 1));
  await until('the dialog', () => dialogs.length > 0 && server.stats().unacked === 0);
  return dialogs[0]!;
}

describe('what crosses', () => {
  it('a CANCEL that meets the 200 gets its own 200 and changes nothing; the BYE ends the call', async () => {
    const branch = phone.branch();
    phone.send(phone.compose('INVITE', 1, { branch, body: SDP }));
    await phone.expect(200, 'INVITE');
    const tag = phone.remoteTag;
    phone.send(phone.compose('CANCEL', 1, { branch, toTag: '' }));
    await phone.expect(200, 'CANCEL');
    phone.remoteTag = tag;
    phone.send(phone.compose('ACK', 1));
    await until('the ACK', () => server.stats().unacked === 0);
    expect(server.stats().dialogs).toBe(1);
    phone.send(phone.compose('BYE', 2));
    await phone.expect(200, 'BYE');
    expect(phone.statuses(487)).toEqual([]);
    await nothingLeft();
  });

  it('a CANCEL that comes before its INVITE gets 481', async () => {
    phone.send(phone.compose('CANCEL', 1));
    await phone.expect(481, 'CANCEL');
    await nothingLeft();
  });

  it('two BYEs that cross are both answered, and the application is told once', async () => {
    const dialog = await call();
    let told = 0;
    dialog.on('destroy', () => told++);
    const done = new Promise((resolve) => dialog.destroy(undefined, resolve));
    const bye = await phone.expectRequest('BYE');
    phone.send(phone.compose('BYE', 2));
    await until('an answer', () => phone.responses.some((one) => cseqOf(one)?.method === 'BYE'));
    phone.reply(bye, 200);
    await done;
    const [answer] = phone.responses.filter((one) => cseqOf(one)?.method === 'BYE');
    expect([200, 481]).toContain(answer?.status);
    expect(told).toBeLessThanOrEqual(1);
    await nothingLeft();
  });

  it('a BYE whose answer is lost gets it again', async () => {
    await call();
    const bye = phone.compose('BYE', 2);
    phone.send(bye);
    await phone.expect(200, 'BYE');
    phone.send(bye);
    await until('the 200 again', () => phone.statuses(200, 'BYE').length === 2);
    await nothingLeft();
  });

  it('a BYE while a re-INVITE waits ends that with 487', async () => {
    const dialog = await call();
    let asked = false;
    dialog.on('modify', () => (asked = true));
    phone.received.length = 0;
    phone.send(phone.compose('INVITE', 2, { body: SDP.replace('1 1', '1 2'), headers: CONTENT }));
    await until('the application to be asked', () => asked);
    phone.send(phone.compose('BYE', 3));
    await phone.expect(200, 'BYE');
    await phone.expect(487, 'INVITE');
    phone.send(phone.compose('ACK', 2));
    await nothingLeft();
  });

  it('re-INVITEs that cross: theirs gets 491, ours goes on', async () => {
    const dialog = await call();
    const modified = dialog.modify(SDP.replace('1 1', '1 2'));
    const ours = await phone.expectRequest('INVITE');
    phone.send(phone.compose('INVITE', 2, { body: SDP, headers: CONTENT }));
    await phone.expect(491, 'INVITE');
    phone.send(phone.compose('ACK', 2));
    phone.reply(ours, 200, { body: SDP, headers: CONTENT });
    await modified;
    await until('our ACK', () => phone.requests.some(({ method }) => method === 'ACK'));
    expect(server.stats().dialogs).toBe(1);
  });

  it('our CANCEL that meets their 200: the call is up, and ended by a BYE', async () => {
    let sent: Srf.SrfRequest | undefined;
    phone.onMessage = (message) => {
      if (message.kind !== 'request') return;
      const [invite] = phone.requests;
      if (message.method === 'INVITE') phone.reply(message, 180);
      if (message.method === 'CANCEL') {
        phone.reply(invite!, 200, { body: SDP, headers: CONTENT });
        phone.reply(message, 481);
      }
      if (message.method === 'BYE') phone.reply(message, 200);
    };
    const dialog = await srf.createUAC(
      `sip:bob@127.0.0.1:${phone.port}`,
      { localSdp: SDP },
      {
        cbRequest: ((_error: unknown, request: Srf.SrfRequest) => {
          sent = request;
        }) as () => void,
        cbProvisional: () => sent?.cancel(() => undefined),
      },
    );
    await phone.expectRequest('ACK');
    await new Promise((resolve) => dialog.destroy(undefined, resolve));
    await phone.expectRequest('BYE');
    expect(server.stats().dialogs).toBe(0);
  });

  it('of forks that ring, the one that answers stays, and the others are forgotten', async () => {
    const forked = (request: SipRequest, status: number, tag: string, body = ''): void => {
      const text = phone.answer(request, status, body === '' ? {} : { body, headers: CONTENT });
      phone.send(text.replace(`;tag=${phone.tag}`, `;tag=${tag}`));
    };
    phone.onMessage = (message) => {
      if (message.kind !== 'request' || message.method !== 'INVITE') return;
      forked(message, 180, 'one');
      forked(message, 183, 'two', SDP);
      forked(message, 180, 'three');
      forked(message, 200, 'two', SDP);
    };
    const dialog = await srf.createUAC(`sip:bob@127.0.0.1:${phone.port}`, { localSdp: SDP });
    const ack = await phone.expectRequest('ACK');
    expect(ack.headers.get('To')).toContain(';tag=two');
    expect(dialog.sip.remoteTag).toBe('two');
    expect(server.stats().dialogs).toBe(1);
  });

  it('of forks that answer at once, before the ACK of either, the first stays', async () => {
    phone.onMessage = (message) => {
      if (message.kind !== 'request' || message.method !== 'INVITE') return;
      const text = phone.answer(message, 200, { body: SDP, headers: CONTENT });
      for (const tag of ['one', 'two'])
        phone.send(text.replace(`;tag=${phone.tag}`, `;tag=${tag}`));
    };
    const dialog = await srf.createUAC(`sip:bob@127.0.0.1:${phone.port}`, { localSdp: SDP });
    expect(dialog.sip.remoteTag).toBe('one');
    const acknowledged = (): string[] =>
      phone.requests.filter(({ method }) => method === 'ACK').map(toTag);
    await until('two ACKs', () => acknowledged().length === 2);
    expect(acknowledged().sort()).toEqual(['one', 'two']);
    expect(toTag(await phone.expectRequest('BYE'))).toBe('two');
    expect(server.stats().dialogs).toBe(1);
  });
});

describe('a call handed on (RFC 3515)', () => {
  it('by us: REFER within the call, and what becomes of it comes back to it', async () => {
    const dialog = await call();
    const news: string[] = [];
    dialog.on('notify', (req, res) => {
      news.push(`${req.get('Subscription-State')} ${req.body.trim()}`);
      res.send(200);
    });
    phone.onMessage = (message) => {
      if (message.kind === 'request' && message.method === 'REFER') phone.reply(message, 202);
    };
    const options = { method: 'REFER', headers: { 'Refer-To': '<sip:+15550111@example.com>' } };
    const answer = await dialog.request(options as unknown as Srf.SrfRequest);
    expect(answer.status).toBe(202);
    const refer = await phone.expectRequest('REFER');
    expect(refer.headers.get('Refer-To')).toBe('<sip:+15550111@example.com>');
    expect(refer.headers.has('Contact')).toBe(true);
    for (const [at, state, line] of [
      [0, 'active;expires=60', 'SIP/2.0 100 Trying'],
      [1, 'terminated;reason=noresource', 'SIP/2.0 200 OK'],
    ] as const) {
      const headers = ['Event: refer', `Subscription-State: ${state}`];
      const type = 'Content-Type: message/sipfrag;version=2.0';
      phone.send(phone.compose('NOTIFY', 2 + at, { headers: [...headers, type], body: line }));
      await until('the 200', () => phone.statuses(200, 'NOTIFY').length === at + 1);
    }
    expect(news).toEqual([
      'active;expires=60 SIP/2.0 100 Trying',
      'terminated;reason=noresource SIP/2.0 200 OK',
    ]);
    // The end of that subscription is not the end of the call (RFC 5057 section 5.1).
    expect(server.stats().dialogs).toBe(1);
    phone.send(phone.compose('BYE', 4));
    await phone.expect(200, 'BYE');
  });

  it('by the caller: the application decides, within the call and outside of it', async () => {
    const targets: string[] = [];
    srf.use('refer', (req, res) => {
      targets.push(req.get('Refer-To'));
      res.send(403);
    });
    const dialog = await call();
    dialog.on('refer', (req, res) => {
      targets.push(req.get('Refer-To'));
      res.send(202);
    });
    phone.send(phone.compose('REFER', 2, { headers: ['r: <sip:+15550122@example.com>'] }));
    const answer = await phone.expect(202, 'REFER');
    expect(answer.headers.has('Contact')).toBe(true);
    const stranger = await RawPhone.open(server.sip);
    stranger.send(stranger.compose('REFER', 1, { headers: ['Refer-To: <sip:a@b.example>'] }));
    await stranger.expect(403, 'REFER');
    await stranger.close();
    expect(targets).toEqual(['<sip:+15550122@example.com>', '<sip:a@b.example>']);
  });
});
