import { once } from 'node:events';
import { connect } from 'node:net';
import Srf from 'drachtio-srf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSipServer, type SipServer } from '../index.ts';
import { tagOf } from '../message/nameAddr.ts';
import { connected, SECRET } from '../testing/connected.ts';
import { RawPhone, SDP } from '../testing/RawPhone.ts';
import { until } from '../testing/until.ts';

const timers = { t1: 20, t2: 80, t4: 100 };

let server: SipServer;
let srf: Srf;
let phone: RawPhone;
let isKnown: boolean;
/** What the gate was asked. */
let asked: boolean[];

beforeEach(async () => {
  isKnown = true;
  asked = [];
  const serves = (_host: string, isCall: boolean): boolean => {
    asked.push(isCall);
    return isKnown;
  };
  const limits = { maxTransactions: 40 };
  server = await startSipServer({
    ...{ host: '127.0.0.1', port: 0, secret: SECRET, timers, serves, ...limits },
  });
  srf = new Srf();
  srf.use('options', (_req, res) => res.send(200));
  srf.invite((req, res) => {
    srf
      .createUAS(req, res, { localSdp: SDP })
      .then((dialog) => dialog.on('info', (_req, answer) => answer.send(200)))
      .catch(() => undefined);
  });
  await connected(srf, server);
  phone = await RawPhone.open(server.sip);
});

afterEach(async () => {
  srf.disconnect();
  await phone.close();
  await server.close();
});

/** A call that is up, whose phone then signals from an address that no trunk names. */
async function callThatMoves(): Promise<void> {
  phone.send(phone.compose('INVITE', 1, { body: SDP }));
  await phone.expect(200, 'INVITE');
  phone.send(phone.compose('ACK', 1));
  await until('the ACK', () => server.stats().unacked === 0);
  isKnown = false;
}

describe('what a stranger sends', () => {
  beforeEach(() => (isKnown = false));

  it.each(['INVITE', 'OPTIONS', 'REGISTER', 'SUBSCRIBE', 'MESSAGE', 'BYE', 'NONSENSE'])(
    '%s is refused with 403, and nothing of it is kept',
    async (method) => {
      phone.send(phone.compose(method, 1));
      const first = await phone.expect(403, method);
      phone.remoteTag = '';
      phone.send(phone.compose(method, 2));
      await until('both answers', () => phone.statuses(403, method).length === 2);
      const tags = phone.responses.map(({ headers }) => tagOf(headers.get('To')));
      expect(tags).toEqual([tagOf(first.headers.get('To')), tagOf(first.headers.get('To'))]);
      expect(server.stats().serverTransactions).toBe(0);
    },
  );

  it.each(['INVITE', 'BYE', 'INFO', 'PRACK'])(
    '%s of a dialog that is none of ours is answered 481 once',
    async (method) => {
      phone.send(phone.compose(method, 1, { toTag: 'guessed' }));
      await phone.expect(481, method);
      // Nothing that could repeat it.
      expect(server.stats().serverTransactions).toBe(0);
    },
  );

  it('CANCEL of nothing is answered 481, ACK not at all', async () => {
    phone.send(phone.compose('ACK', 1));
    phone.send(phone.compose('CANCEL', 2));
    await phone.expect(481, 'CANCEL');
    expect(phone.responses).toHaveLength(1);
    expect(server.stats().serverTransactions).toBe(0);
  });

  it('over TCP ends with the answer', async () => {
    const socket = connect(server.sip.port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const request = phone.compose('OPTIONS', 1).replace('/UDP', '/TCP');
    socket.write(request + request);
    await once(socket, 'close');
    expect(text.match(/SIP\/2\.0 403/g)).toHaveLength(1);
    expect(server.stats().connections).toBe(0);
  });

  it('counts as a call where it is one', async () => {
    phone.send(phone.compose('OPTIONS', 1));
    await phone.expect(403, 'OPTIONS');
    phone.send(phone.compose('INVITE', 2, { toTag: 'guessed' }));
    await phone.expect(481, 'INVITE');
    phone.send(phone.compose('INVITE', 3, { toTag: '' }));
    await phone.expect(403, 'INVITE');
    expect(asked).toEqual([false, false, true]);
  });

  it('takes no room from who is known', async () => {
    for (let seq = 1; seq <= 200; seq++) phone.send(phone.compose('OPTIONS', seq, { toTag: '' }));
    await until('the answers', () => phone.statuses(403).length === 200);
    isKnown = true;
    phone.send(phone.compose('OPTIONS', 201, { toTag: '' }));
    await phone.expect(200, 'OPTIONS');
  });
});

describe('from an address that no trunk names', () => {
  it('requests within a call are served, and the same again gets the same answer', async () => {
    await callThatMoves();
    phone.send(phone.compose('INFO', 2));
    await phone.expect(200, 'INFO');
    const bye = phone.compose('BYE', 3);
    phone.send(bye);
    await phone.expect(200, 'BYE');
    phone.send(bye);
    await until('the 200 again', () => phone.statuses(200, 'BYE').length === 2);
    expect(phone.responses.filter(({ status }) => status >= 300)).toEqual([]);
  });

  it('the ACK of an answer is taken', async () => {
    phone.send(phone.compose('INVITE', 1, { body: SDP }));
    await phone.expect(200, 'INVITE');
    isKnown = false;
    phone.send(phone.compose('ACK', 1));
    await until('the ACK', () => server.stats().unacked === 0);
  });

  it('a CANCEL finds the INVITE', async () => {
    srf.disconnect();
    srf = new Srf();
    srf.invite((_req, res) => res.send(180));
    await connected(srf, server);
    const branch = phone.branch();
    phone.send(phone.compose('INVITE', 1, { branch, body: SDP }));
    await phone.expect(180, 'INVITE');
    isKnown = false;
    phone.send(phone.compose('CANCEL', 1, { branch, toTag: '' }));
    await phone.expect(200, 'CANCEL');
    await phone.expect(487, 'INVITE');
  });
});

describe('one known source that asks without end', () => {
  it('is told 503 at half of the room, and can still end its call', async () => {
    await callThatMoves();
    isKnown = true;
    for (let seq = 1; seq <= 100; seq++) phone.send(phone.compose('OPTIONS', seq, { toTag: '' }));
    await phone.expect(503, 'OPTIONS');
    expect(server.stats().serverTransactions).toBeLessThanOrEqual(20);
    const tag = tagOf(phone.statuses(200, 'INVITE')[0]?.headers.get('To')) ?? '';
    phone.send(phone.compose('BYE', 101, { toTag: tag }));
    await phone.expect(200, 'BYE');
  });
});
