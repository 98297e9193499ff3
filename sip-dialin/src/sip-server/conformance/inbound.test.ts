import Srf from 'drachtio-srf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSipServer, type SipServer } from '../index.ts';
import { cseqOf } from '../message/SipMessage.ts';
import { tagOf } from '../message/nameAddr.ts';
import { connected, SECRET } from '../testing/connected.ts';
import { RawPhone, SDP } from '../testing/RawPhone.ts';
import { until } from '../testing/until.ts';

// Milliseconds in place of half-seconds: the same machines, sooner over.
const timers = { t1: 20, t2: 80, t4: 100 };

let server: SipServer;
let srf: Srf;
let phone: RawPhone;
let dialogs: Srf.Dialog[];
const records: string[] = [];

beforeEach(async () => {
  server = await startSipServer({ host: '127.0.0.1', port: 0, secret: SECRET, timers });
  srf = new Srf();
  dialogs = [];
  records.length = 0;
  srf.on('cdr:attempt', (source) => records.push(`attempt ${source}`));
  srf.on('cdr:start', (source, _time, role) => records.push(`start ${source} ${role}`));
  srf.on('cdr:stop', (source, _time, reason) => records.push(`stop ${source} ${reason}`));
  phone = await RawPhone.open(server.sip);
});

afterEach(async () => {
  srf.disconnect();
  await phone.close();
  await server.close();
});

/** An application that answers every call. */
async function answering(): Promise<void> {
  srf.invite((req, res) => {
    void srf.createUAS(req, res, { localSdp: SDP }).then((dialog) => dialogs.push(dialog));
  });
  await connected(srf, server);
}

async function call(): Promise<Srf.Dialog> {
  const invite = phone.compose('INVITE', 1, {
    body: SDP,
    headers: ['Content-Type: application/sdp'],
  });
  phone.send(invite);
  await phone.expect(200, 'INVITE');
  phone.send(phone.compose('ACK', 1));
  await until('the dialog', () => dialogs.length > 0);
  return dialogs[0]!;
}

async function nothingLeft(): Promise<void> {
  const counts = (): number[] => {
    const { serverTransactions, clientTransactions, dialogs: open, unacked } = server.stats();
    return [serverTransactions, clientTransactions, open, unacked];
  };
  await until('nothing to be left', () => counts().every((count) => count === 0), 10_000);
  expect(counts()).toEqual([0, 0, 0, 0]);
}

describe('a call from the network', () => {
  it('is answered, acknowledged and ended by the phone, and leaves nothing behind', async () => {
    await answering();
    const dialog = await call();
    expect(dialog.local.uri).toBe(`sip:127.0.0.1:${server.sip.port}`);
    expect(dialog.sip.callId).toBe(phone.callId);
    let ended = false;
    dialog.on('destroy', () => (ended = true));
    await until('no 200 to be outstanding', () => server.stats().unacked === 0);
    phone.send(phone.compose('BYE', 2));
    await phone.expect(200, 'BYE');
    await until('the application to hear of it', () => ended);
    expect(records).toEqual([
      'attempt network',
      'start application uas',
      'stop network normal-release',
    ]);
    await nothingLeft();
  });

  it('is ended by the application', async () => {
    await answering();
    const dialog = await call();
    phone.onMessage = (message) => {
      if (message.kind === 'request') phone.reply(message, 200);
    };
    await new Promise((resolve) => dialog.destroy(undefined, resolve));
    const bye = await phone.expectRequest('BYE');
    expect(bye.uri).toBe(`sip:+15550199@127.0.0.1:${phone.port}`);
    expect(tagOf(bye.headers.get('From'))).toBe(phone.remoteTag);
    expect(tagOf(bye.headers.get('To'))).toBe(phone.tag);
    expect(records.at(-1)).toBe('stop application normal-release');
    await nothingLeft();
  });

  it('that the application ends at once gets its BYE after the ACK', async () => {
    await answering();
    phone.onMessage = (message) => {
      if (message.kind === 'request') phone.reply(message, 200);
    };
    phone.send(phone.compose('INVITE', 1, { body: SDP }));
    await until('the dialog', () => dialogs.length > 0);
    const ended = new Promise((resolve) => dialogs[0]!.destroy(undefined, resolve));
    // A 200 that came again: time enough for a hasty BYE to show itself.
    await until('the 200 again', () => phone.statuses(200, 'INVITE').length > 1);
    expect(phone.requests).toEqual([]);
    await phone.expect(200, 'INVITE');
    phone.send(phone.compose('ACK', 1));
    await phone.expectRequest('BYE');
    await ended;
    await nothingLeft();
  });

  it('passes re-INVITE and INFO within the dialog', async () => {
    await answering();
    const dialog = await call();
    const digits: string[] = [];
    dialog.on('info', (req, res) => {
      digits.push(req.body);
      res.send(200);
    });
    dialog.on('modify', (_req, res) => res.send(200, { body: SDP.replace('41000', '42000') }));
    const hold = SDP.replace('o=- 1 1', 'o=- 1 2') + 'a=sendonly\r\n';
    phone.received.length = 0;
    phone.send(
      phone.compose('INVITE', 2, { body: hold, headers: ['Content-Type: application/sdp'] }),
    );
    const answer = await phone.expect(200, 'INVITE');
    expect(answer.body.toString()).toContain('m=audio 42000');
    expect(answer.headers.get('Contact')).toBe(`<sip:127.0.0.1:${server.sip.port}>`);
    phone.send(phone.compose('ACK', 2));
    await until('the ACK', () => server.stats().unacked === 0);
    const type = ['Content-Type: application/dtmf-relay'];
    phone.send(phone.compose('INFO', 3, { body: 'Signal=5\r\nDuration=160\r\n', headers: type }));
    await phone.expect(200, 'INFO');
    expect(digits).toEqual(['Signal=5\r\nDuration=160\r\n']);
  });

  it('that is cancelled gets 487, and the application is told', async () => {
    let canceled = false;
    srf.invite((req, res) => {
      req.on('cancel', () => (canceled = true));
      res.send(180);
    });
    await connected(srf, server);
    const branch = phone.branch();
    phone.send(phone.compose('INVITE', 1, { branch, body: SDP }));
    const ringing = await phone.expect(180, 'INVITE');
    phone.remoteTag = '';
    phone.send(phone.compose('CANCEL', 1, { branch }));
    await phone.expect(200, 'CANCEL');
    const final = await phone.expect(487, 'INVITE');
    expect(final.headers.get('To')).toBe(ringing.headers.get('To'));
    phone.send(phone.compose('ACK', 1, { branch }));
    await until('the cancel event', () => canceled);
    expect(records).toEqual(['attempt network', 'stop network call-canceled']);
    await nothingLeft();
  });

  it('is answered once: an INVITE that comes again gets the same answer', async () => {
    let calls = 0;
    srf.invite((_req, res) => {
      calls++;
      res.send(486);
    });
    await connected(srf, server);
    const branch = phone.branch();
    const invite = phone.compose('INVITE', 1, { branch, body: SDP });
    phone.send(invite);
    await phone.expect(486, 'INVITE');
    phone.remoteTag = '';
    phone.send(invite);
    await until('the answer to come again', () => phone.statuses(486).length >= 2);
    const tos = new Set(phone.statuses(486).map((one) => one.headers.get('To')));
    expect(tos.size).toBe(1);
    expect(calls).toBe(1);
    phone.send(phone.compose('ACK', 1, { branch }));
    await nothingLeft();
  });

  it('whose ACK is lost is hung up, and the application hears "ACK timeout"', async () => {
    await answering();
    phone.send(phone.compose('INVITE', 1, { body: SDP }));
    await phone.expect(200, 'INVITE');
    await until('the dialog', () => dialogs.length > 0);
    let why: unknown;
    dialogs[0]!.on('destroy', ((_req: unknown, reason: unknown) => (why = reason)) as () => void);
    phone.onMessage = (message) => {
      if (message.kind === 'request') phone.reply(message, 200);
    };
    await phone.expectRequest('BYE');
    await until('the application to be told', () => why !== undefined);
    expect(why).toBe('ACK timeout');
    expect(phone.statuses(200, 'INVITE').length).toBeGreaterThan(3);
    expect(records.at(-1)).toBe('stop application ack-timeout');
    await nothingLeft();
  });

  it('gets 503 with Retry-After when no application is there, or none takes calls', async () => {
    phone.send(phone.compose('INVITE', 1, { body: SDP }));
    const answer = await phone.expect(503, 'INVITE');
    expect(answer.headers.get('Retry-After')).toMatch(/^\d+$/);
    await connected(srf, server);
    phone.remoteTag = '';
    phone.send(phone.compose('OPTIONS', 2));
    await phone.expect(503, 'OPTIONS');
  });

  it('rings no more when its application goes away', async () => {
    srf.invite((_req, res) => res.send(180));
    await connected(srf, server);
    phone.send(phone.compose('INVITE', 1, { body: SDP }));
    await phone.expect(180, 'INVITE');
    srf.disconnect();
    await phone.expect(503, 'INVITE');
    srf = new Srf();
    await connected(srf, server);
  });

  it('that is up gets a BYE when its application goes away', async () => {
    await answering();
    await call();
    srf.disconnect();
    const bye = await phone.expectRequest('BYE');
    expect(bye.headers.get('Reason')).toContain('service ended');
    srf = new Srf();
    await connected(srf, server);
  });
});

describe('requests within and without dialogs', () => {
  it('OPTIONS is answered by the application', async () => {
    srf.use('options', (_req, res) => res.send(200, { headers: { Allow: 'INVITE,ACK,BYE' } }));
    await connected(srf, server);
    phone.send(phone.compose('OPTIONS', 1));
    const answer = await phone.expect(200, 'OPTIONS');
    expect(answer.headers.get('Allow')).toBe('INVITE,ACK,BYE');
    expect(phone.remoteTag).not.toBe('');
  });

  it('a BYE for no dialog gets 481, one with an old CSeq 500', async () => {
    await answering();
    phone.send(phone.compose('BYE', 5, { toTag: 'nonsense' }));
    await phone.expect(481, 'BYE');
    phone.remoteTag = '';
    await call();
    phone.send(phone.compose('INFO', 1));
    await phone.expect(500, 'INFO');
  });

  it('refuses what it cannot do: 501, 420, 416, 405', async () => {
    await answering();
    phone.send(phone.compose('DANCE', 1));
    await phone.expect(501, 'DANCE');
    phone.remoteTag = '';
    phone.send(phone.compose('OPTIONS', 2, { headers: ['Require: time-travel'] }));
    const bad = await phone.expect(420, 'OPTIONS');
    expect(bad.headers.get('Unsupported')).toBe('time-travel');
    phone.remoteTag = '';
    phone.send(phone.compose('OPTIONS', 4, { uri: 'http://example.com' }));
    await phone.expect(416, 'OPTIONS');
    phone.remoteTag = '';
    phone.send(phone.compose('MESSAGE', 5));
    const no = await phone.expect(405, 'MESSAGE');
    expect(no.headers.get('Allow')).toContain('INVITE');
  });

  it('a copy of a request over another path gets 482', async () => {
    srf.invite((_req, res) => res.send(180));
    await connected(srf, server);
    phone.send(phone.compose('INVITE', 1, { body: SDP }));
    await phone.expect(180, 'INVITE');
    phone.remoteTag = '';
    phone.send(phone.compose('INVITE', 1, { body: SDP }));
    await phone.expect(482, 'INVITE');
  });

  it('a malformed request gets 400 and no application sees it', async () => {
    await answering();
    phone.send(phone.compose('INVITE', 1, { body: SDP }).replace(/Contact: .*\r\n/, ''));
    await phone.expect(400, 'INVITE');
    expect(dialogs).toEqual([]);
    expect(server.stats().ignored).toBe(1);
  });

  it('the wrong secret is refused and the connection closed', async () => {
    let refusal: Error | undefined;
    const stranger = new Srf();
    stranger.on('connect', (error) => (refusal = error));
    stranger.on('error', () => undefined);
    void stranger.connect({ host: '127.0.0.1', port: server.control.port, secret: 'wrong' });
    await until('the refusal', () => refusal !== undefined);
    expect(String(refusal)).toContain('failed to authenticate');
    await until('the connection to be closed', () => server.stats().controlClients === 0);
    // srf would connect again and again.
    const agent = stranger as unknown as { app: { client: { wp: { closing: boolean } } } };
    agent.app.client.wp.closing = true;
    await connected(srf, server);
  });

  it('two applications take turns', async () => {
    const counts = [0, 0];
    const applications = [new Srf(), new Srf()];
    for (const [index, application] of applications.entries()) {
      application.use('options', (_req, res) => {
        counts[index]!++;
        res.send(200);
      });
      await connected(application, server);
    }
    for (let seq = 1; seq <= 4; seq++) {
      phone.remoteTag = '';
      phone.send(phone.compose('OPTIONS', seq));
      const has = (): boolean => phone.responses.some((one) => cseqOf(one)?.seq === seq);
      await until('an answer', has);
    }
    expect(counts).toEqual([2, 2]);
    for (const application of applications) application.disconnect();
    await connected(srf, server);
  });
});
