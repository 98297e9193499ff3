import Srf from 'drachtio-srf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSipServer, type SipServer } from '../index.ts';
import { tagOf } from '../message/nameAddr.ts';
import { cseqOf, type SipRequest } from '../message/SipMessage.ts';
import { connected, SECRET } from '../testing/connected.ts';
import { RawPhone, SDP } from '../testing/RawPhone.ts';
import { until } from '../testing/until.ts';

const timers = { t1: 20, t2: 80, t4: 100 };
const CONTENT = ['Content-Type: application/sdp'];

let server: SipServer;
let srf: Srf;
let phone: RawPhone;
const records: string[] = [];

beforeEach(async () => {
  server = await startSipServer({ host: '127.0.0.1', port: 0, secret: SECRET, timers });
  srf = new Srf();
  records.length = 0;
  srf.on('cdr:attempt', (source) => records.push(`attempt ${source}`));
  srf.on('cdr:start', (source, _time, role) => records.push(`start ${source} ${role}`));
  srf.on('cdr:stop', (source, _time, reason) => records.push(`stop ${source} ${reason}`));
  await connected(srf, server);
  phone = await RawPhone.open(server.sip);
});

afterEach(async () => {
  srf.disconnect();
  await phone.close();
  await server.close();
});

/** The phone rings, answers, and says 200 to all else. */
function answers(more: (request: SipRequest) => boolean = () => false): void {
  phone.onMessage = (message) => {
    if (message.kind !== 'request' || message.method === 'ACK' || more(message)) return;
    if (message.method === 'INVITE') {
      if (tagOf(message.headers.get('To')) === undefined) phone.reply(message, 180);
      phone.reply(message, 200, { body: SDP, headers: CONTENT });
    } else phone.reply(message, 200);
  };
}

function dial(options: Srf.CreateUACOptions = {}): Promise<Srf.Dialog> {
  return srf.createUAC(`sip:bob@127.0.0.1:${phone.port}`, { localSdp: SDP, ...options });
}

const hangUp = (dialog: Srf.Dialog): Promise<void> =>
  new Promise((resolve) => dialog.destroy(undefined, () => resolve()));

describe('a call to the network', () => {
  it('rings, is answered, acknowledged, held and hung up', async () => {
    answers();
    const rang: number[] = [];
    const dialog = await srf.createUAC(
      `sip:bob@127.0.0.1:${phone.port}`,
      { localSdp: SDP, headers: { 'X-Test': 'kept' } },
      { cbProvisional: (response) => rang.push(response.status) },
    );
    expect(rang).toEqual([180]);
    const invite = await phone.expectRequest('INVITE');
    expect(invite.headers.get('X-Test')).toBe('kept');
    expect(invite.headers.get('Content-Type')).toBe('application/sdp');
    expect(invite.headers.get('Max-Forwards')).toBe('70');
    const ack = await phone.expectRequest('ACK');
    expect(ack.uri).toBe(`sip:phone@127.0.0.1:${phone.port}`);
    expect(cseqOf(ack)?.seq).toBe(cseqOf(invite)?.seq);
    await dialog.modify(SDP.replace('o=- 1 1', 'o=- 1 2'));
    await hangUp(dialog);
    const bye = await phone.expectRequest('BYE');
    expect(cseqOf(bye)?.seq).toBe((cseqOf(invite)?.seq ?? 0) + 2);
    expect(records).toEqual([
      'attempt application',
      'start network uac',
      'stop application normal-release',
    ]);
    expect(server.stats().dialogs).toBe(0);
  });

  it('is ended by the far end, whose requests are matched to it', async () => {
    answers();
    const dialog = await dial();
    const invite = await phone.expectRequest('INVITE');
    let ended = false;
    dialog.on('destroy', () => (ended = true));
    const own = invite.headers.get('From') ?? '';
    const bye = phone
      .compose('BYE', 1)
      .replace(/From: .*/, `From: <sip:bob@127.0.0.1>;tag=${phone.tag}`)
      .replace(/To: .*/, `To: ${own}`)
      .replace(/Call-ID: .*/, `Call-ID: ${dialog.sip.callId}`);
    phone.send(bye);
    await phone.expect(200, 'BYE');
    await until('the application to hear of it', () => ended);
  });

  it('that is busy fails with 486, acknowledged by the server', async () => {
    answers((request) => {
      if (request.method === 'INVITE') phone.reply(request, 486);
      return true;
    });
    await expect(dial()).rejects.toMatchObject({ status: 486 });
    const ack = await phone.expectRequest('ACK');
    const invite = await phone.expectRequest('INVITE');
    expect(ack.headers.get('Via')).toBe(invite.headers.get('Via'));
    expect(records).toEqual(['attempt application', 'stop network call-rejected']);
  });

  it('is cancelled while it rings', async () => {
    answers((request) => {
      if (request.method === 'INVITE') phone.reply(request, 180);
      if (request.method === 'CANCEL') {
        phone.reply(request, 200);
        const [invite] = phone.requests;
        phone.reply(invite!, 487);
      }
      return true;
    });
    let sent: Srf.SrfRequest | undefined;
    const call = srf.createUAC(
      `sip:bob@127.0.0.1:${phone.port}`,
      { localSdp: SDP },
      {
        cbRequest: ((_error: unknown, request: Srf.SrfRequest) => {
          sent = request;
        }) as () => void,
        cbProvisional: () => sent?.cancel(() => undefined),
      },
    );
    await expect(call).rejects.toMatchObject({ status: 487 });
    const cancel = await phone.expectRequest('CANCEL');
    const invite = await phone.expectRequest('INVITE');
    expect(cancel.headers.get('Via')).toBe(invite.headers.get('Via'));
    expect(records.at(-1)).toBe('stop network call-canceled');
  });

  it('a CANCEL waits for the first provisional answer', async () => {
    phone.onMessage = () => undefined;
    const call = srf.createUAC(
      `sip:bob@127.0.0.1:${phone.port}`,
      { localSdp: SDP },
      {
        cbRequest: ((_error: unknown, request: Srf.SrfRequest) =>
          request.cancel(() => undefined)) as () => void,
      },
    );
    call.catch(() => undefined);
    // Two copies of the INVITE: time enough for a hasty CANCEL to show itself.
    await until('two INVITEs', () => phone.requests.length >= 2);
    expect(phone.requests.every(({ method }) => method === 'INVITE')).toBe(true);
    phone.reply(phone.requests[0]!, 100);
    phone.reply(await phone.expectRequest('CANCEL'), 200);
    phone.reply(phone.requests[0]!, 487);
    await expect(call).rejects.toMatchObject({ status: 487 });
  });

  it('is made again with credentials when it is challenged', async () => {
    answers((request) => {
      if (request.method !== 'INVITE' || request.headers.has('Authorization')) return false;
      phone.reply(request, 401, {
        headers: ['WWW-Authenticate: Digest realm="here", nonce="abc", qop="auth"'],
      });
      return true;
    });
    const dialog = await dial({ auth: { username: 'foo', password: 'bar' } });
    const [first, second] = phone.requests.filter(({ method }) => method === 'INVITE');
    expect(second!.headers.get('Call-ID')).toBe(first!.headers.get('Call-ID'));
    expect(tagOf(second!.headers.get('From'))).toBe(tagOf(first!.headers.get('From')));
    expect(cseqOf(second!)?.seq).toBe((cseqOf(first!)?.seq ?? 0) + 1);
    await until(
      'the ACK of the 200',
      () => phone.requests.filter((one) => one.method === 'ACK').length > 1,
    );
    const ack = phone.requests.filter(({ method }) => method === 'ACK').at(-1);
    expect(ack!.headers.get('Authorization')).toBe(second!.headers.get('Authorization'));
    await hangUp(dialog);
  });

  it('a challenged BYE is sent again within the dialog', async () => {
    answers((request) => {
      if (request.method !== 'BYE' || request.headers.has('Authorization')) return false;
      phone.reply(request, 401, {
        headers: ['WWW-Authenticate: Digest realm="here", nonce="abc"'],
      });
      return true;
    });
    const dialog = await dial({ auth: { username: 'foo', password: 'bar' } });
    await hangUp(dialog);
    const [first, second] = phone.requests.filter(({ method }) => method === 'BYE');
    expect(cseqOf(second!)?.seq).toBe((cseqOf(first!)?.seq ?? 0) + 1);
    await until('the dialog to be forgotten', () => server.stats().dialogs === 0);
  });

  it('that nobody answers fails with 408', async () => {
    await expect(dial()).rejects.toMatchObject({ status: 408 });
    expect(phone.requests.length).toBeGreaterThan(4);
  });

  it('to a name that does not exist or a port that refuses fails with 503', async () => {
    const gone = srf.createUAC('sip:bob@name.invalid', { localSdp: SDP });
    await expect(gone).rejects.toMatchObject({ status: 503 });
    const refusing = `sip:bob@127.0.0.1:${phone.port};transport=tcp`;
    await expect(srf.createUAC(refusing, { localSdp: SDP })).rejects.toMatchObject({ status: 503 });
  });

  it.each([
    ['sips:bob@127.0.0.1', 'TLS is off: set SIP_TLS_PORT'],
    ['sip:bob@127.0.0.1;transport=ws', 'SIP over ws is not built'],
    ['sips:bob@127.0.0.1;transport=udp', 'sips: does not go over UDP'],
  ])('to %s says in words why it cannot be: %s', async (uri, message) => {
    const call = srf.createUAC(uri, { localSdp: SDP });
    await expect(call).rejects.toThrow(message);
  });

  it('a 200 that comes again gets its ACK again, another fork is ended', async () => {
    answers();
    const dialog = await dial();
    const invite = await phone.expectRequest('INVITE');
    await phone.expectRequest('ACK');
    phone.reply(invite, 200, { body: SDP, headers: CONTENT });
    await until(
      'a second ACK',
      () => phone.requests.filter((one) => one.method === 'ACK').length === 2,
    );
    const [first, second] = phone.requests.filter(({ method }) => method === 'ACK');
    expect(second!.headers.get('Via')).toBe(first!.headers.get('Via'));
    const other = { ...invite, headers: invite.headers.clone() };
    other.headers.set('To', `${invite.headers.get('To') ?? ''};tag=another`);
    phone.reply(other, 200, { body: SDP, headers: CONTENT });
    const bye = await phone.expectRequest('BYE');
    expect(tagOf(bye.headers.get('To'))).toBe('another');
    await hangUp(dialog);
  });

  it('answered without a Contact is hung up by the server', async () => {
    phone.onMessage = (message) => {
      if (message.kind !== 'request' || message.method === 'ACK') return;
      if (message.method !== 'INVITE') {
        phone.reply(message, 200);
        return;
      }
      const to = message.headers.get('To') ?? '';
      const lines = ['Via', 'From', 'Call-ID', 'CSeq'].map(
        (name) => `${name}: ${message.headers.get(name) ?? ''}`,
      );
      phone.send(
        ['SIP/2.0 200 OK', ...lines, `To: ${to};tag=x`, 'Content-Length: 0', '', ''].join('\r\n'),
      );
    };
    await expect(dial()).rejects.toMatchObject({ status: 500 });
    await phone.expectRequest('BYE');
    await until('the dialog to be forgotten', () => server.stats().dialogs === 0);
  });

  it('follows the Record-Route of the answer, and sends to a proxy when told', async () => {
    const via = await RawPhone.open(server.sip);
    const route = `<sip:127.0.0.1:${via.port};lr>`;
    via.onMessage = (message) => {
      if (message.kind !== 'request' || message.method === 'ACK') return;
      via.reply(message, 200, { body: SDP, headers: [`Record-Route: ${route}`] });
    };
    const proxy = `sip:127.0.0.1:${via.port}`;
    const dialog = await srf.createUAC('sip:bob@example.invalid', { localSdp: SDP, proxy });
    await hangUp(dialog);
    const bye = await via.expectRequest('BYE');
    expect(bye.headers.get('Route')).toBe(route);
    expect(bye.uri).toBe(`sip:phone@127.0.0.1:${via.port}`);
    await via.close();
  });

  it('from one server to another, over TCP and UDP', async () => {
    const options = { host: '127.0.0.1', port: 0, secret: SECRET, timers };
    const other = await startSipServer(options);
    const callee = new Srf();
    const ended: string[] = [];
    callee.invite((req, res) => {
      void callee.createUAS(req, res, { localSdp: SDP }).then((dialog) => {
        dialog.on('destroy', () => ended.push(req.protocol));
      });
    });
    await connected(callee, other);
    for (const transport of ['tcp', 'udp']) {
      const uri = `sip:+15550100@127.0.0.1:${other.sip.port};transport=${transport}`;
      const dialog = await srf.createUAC(uri, {
        localSdp: SDP,
        headers: { From: 'sip:+15550199@localhost' },
      });
      await hangUp(dialog);
    }
    await until('both calls to end', () => ended.length === 2);
    expect(ended).toEqual(['tcp', 'udp']);
    expect(server.stats().connections).toBe(1);
    callee.disconnect();
    await other.close();
  });
});
