import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import Srf from 'drachtio-srf';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSipServer, type SipServer } from '../index.ts';
import { makeCertificates, type Certificates } from '../testing/certificates.ts';
import { connected, SECRET } from '../testing/connected.ts';
import { SDP } from '../testing/RawPhone.ts';
import { until } from '../testing/until.ts';

const timers = { t1: 100, t2: 400, t4: 500 };

let files: Certificates;
let server: SipServer;
/** What the application of `server` was asked. */
let asked: Srf.SrfRequest[];
const dialogs: Srf.Dialog[] = [];
const open: { close(): unknown }[] = [];

beforeAll(async () => {
  files = await makeCertificates();
});

afterAll(() => files.remove());

beforeEach(() => {
  asked = [];
  dialogs.length = 0;
});

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

interface How {
  /** Trust the CA, and want callers to. */
  ca?: boolean;
  require?: boolean;
  stranger?: boolean;
  max?: number;
}

/** A server with TLS and an application that takes every call. */
async function start(how: How = {}): Promise<{ server: SipServer; srf: Srf }> {
  const pair = how.stranger
    ? { certFile: files.strangerCert, keyFile: files.strangerKey }
    : { certFile: files.cert, keyFile: files.key };
  const tls = {
    ...{ port: 0, ...pair },
    ...(how.ca ? { caFile: files.ca } : {}),
    requireClientCertificate: how.require,
  };
  const limits = how.max === undefined ? {} : { maxConnections: how.max };
  const started = await startSipServer({
    ...{ host: '127.0.0.1', port: 0, secret: SECRET, timers, tls, ...limits },
  });
  open.push(started);
  const application = new Srf();
  application.use('options', (req, res) => {
    asked.push(req);
    res.send(200);
  });
  application.invite((req, res) => {
    asked.push(req);
    void application.createUAS(req, res, { localSdp: SDP }).then((one) => dialogs.push(one));
  });
  await connected(application, started);
  open.push({ close: () => application.disconnect() });
  return { server: started, srf: application };
}

/** A bare TLS client. */
async function dial(options: ConnectionOptions = {}): Promise<TLSSocket> {
  const port = server.sip.tlsPort ?? 0;
  const ca = await readFile(files.ca);
  const socket = connect({ host: '127.0.0.1', port, ca, ...options });
  socket.on('error', () => undefined);
  open.push({ close: () => socket.destroy() });
  await once(socket, 'secureConnect');
  return socket;
}

function options(port: number): string {
  return [
    'OPTIONS sips:127.0.0.1 SIP/2.0',
    `Via: SIP/2.0/TLS 127.0.0.1:${port};rport;branch=z9hG4bK${port}`,
    'From: <sips:a@127.0.0.1>;tag=a',
    'To: <sips:127.0.0.1>',
    `Call-ID: ${port}`,
    'CSeq: 1 OPTIONS',
    'Max-Forwards: 70',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

/** What comes back for an OPTIONS, or 'closed'. */
async function askOver(socket: TLSSocket): Promise<string> {
  let said = '';
  let closed = false;
  socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
  socket.on('close', () => (closed = true));
  socket.write(options(socket.localPort ?? 0));
  await until('an answer or the end', () => said.includes('\r\n\r\n') || closed);
  return said === '' ? 'closed' : said;
}

describe('SIP over TLS', () => {
  it('answers on the connection that asked, and names its port to applications', async () => {
    ({ server } = await start());
    const answer = await askOver(await dial());
    expect(answer).toMatch(/^SIP\/2\.0 200 OK\r\nVia: SIP\/2\.0\/TLS /);
    expect(server.hostPorts).toContain(`,tls/127.0.0.1:${server.sip.tlsPort}`);
    expect((asked[0] as unknown as { protocol: string }).protocol).toBe('tls');
    expect(server.stats().connections).toBe(1);
  });

  it('counts those that shake hands, and forgets those that are gone', async () => {
    ({ server } = await start({ max: 2 }));
    const port = server.sip.tlsPort ?? 0;
    const silent = [connectTcp(port, '127.0.0.1'), connectTcp(port, '127.0.0.1')];
    await Promise.all(silent.map((socket) => once(socket, 'connect')));
    const third = connectTcp(port, '127.0.0.1');
    third.on('error', () => undefined);
    await once(third, 'close');
    for (const socket of silent) socket.destroy();
    for (let i = 0; i < 4; i++) {
      let socket: TLSSocket | undefined;
      while (socket === undefined) socket = await dial().catch(() => undefined);
      expect(await askOver(socket)).toContain('200 OK');
      socket.destroy();
      await until('it to be forgotten', () => server.stats().connections === 0);
    }
  });

  it.each([
    ['none', {}, 'closed'],
    ['one that nobody signed', { stranger: true }, 'closed'],
    ['one of its CA', { own: true }, 'SIP/2.0 200 OK'],
  ])('that insists on client certificates, given %s: %s %s', async (_what, how, outcome) => {
    ({ server } = await start({ ca: true, require: true }));
    const pair = 'own' in how ? [files.cert, files.key] : [files.strangerCert, files.strangerKey];
    const [cert, key] = await Promise.all(pair.map((path) => readFile(path)));
    const shown = Object.keys(how).length === 0 ? {} : { cert, key };
    const answer = await dial(shown).then(askOver, () => 'closed');
    expect(answer).toContain(outcome);
    if (outcome === 'closed') expect(asked).toEqual([]);
  });

  it.each([
    ['none', undefined, false],
    ['one that nobody signed', 'stranger', false],
    ['one of its CA', 'own', true],
  ])('with a CA speaks with everybody, and tells who is certified: %s', async (_what, own, is) => {
    ({ server } = await start({ ca: true }));
    const [cert, key] = await Promise.all(
      (own === 'own' ? [files.cert, files.key] : [files.strangerCert, files.strangerKey]).map(
        (path) => readFile(path),
      ),
    );
    const socket = await dial(own === undefined ? {} : { cert, key });
    expect(await askOver(socket)).toContain('200 OK');
    const asker = asked[0]!;
    expect(Number(asker.source_port)).toBe(socket.localPort);
    expect(server.certified(asker.source_address, Number(asker.source_port))).toBe(is);
    expect(server.certified('127.0.0.1', 1)).toBe(false);
  });

  it.each<[string, 'nobody' | 'stranger', boolean, boolean]>([
    ['without a certificate', 'nobody', false, false],
    ['with one that nobody signed', 'stranger', false, false],
    ['with one of its CA', 'nobody', true, true],
  ])('a session begun %s and resumed certifies no more: %s %s', async (_how, as, own, is) => {
    ({ server } = await start({ ca: true }));
    const pair = own ? [files.cert, files.key] : [files.strangerCert, files.strangerKey];
    const [cert, key] = await Promise.all(pair.map((path) => readFile(path)));
    const shown = own || as === 'stranger' ? { cert, key } : {};
    const first = await dial(shown);
    const session = once(first, 'session') as Promise<[Buffer]>;
    await askOver(first);
    const resumed = await dial({ session: (await session)[0] });
    expect(resumed.isSessionReused()).toBe(true);
    expect(await askOver(resumed)).toContain('200 OK');
    const asker = asked.at(-1)!;
    expect(Number(asker.source_port)).toBe(resumed.localPort);
    expect(server.certified(asker.source_address, Number(asker.source_port))).toBe(is);
  });

  it('is not spoken by who speaks plainly, or an old version of it, and lives', async () => {
    ({ server } = await start());
    const plain = connectTcp(server.sip.tlsPort ?? 0, '127.0.0.1');
    plain.on('error', () => undefined);
    plain.write(options(1));
    await once(plain, 'close');
    const old = dial({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' });
    await expect(old).rejects.toThrow();
    expect(asked).toEqual([]);
    expect(await askOver(await dial())).toContain('200 OK');
  });

  it.each<[string, How]>([
    ['their certificate', { stranger: true }],
    ['ours', { ca: true, require: true }],
  ])('a call fails with 503 where %s does not convince: %j', async (_whose, how) => {
    ({ server } = await start(how));
    // Trusts no CA of ours, and shows nobody's certificate.
    const caller = await start({ stranger: true, ca: how.ca === true, require: false });
    const uri = `sips:bob@127.0.0.1:${server.sip.tlsPort}`;
    await expect(caller.srf.createUAC(uri, { localSdp: SDP })).rejects.toMatchObject({
      status: 503,
    });
    expect(asked).toEqual([]);
  });

  it.each([
    ['sips:bob@localhost:%p', /^<sips:127\.0\.0\.1:\d+>$/],
    ['sip:bob@127.0.0.1:%p;transport=tls', /^<sip:127\.0\.0\.1:\d+;transport=tls>$/],
  ])('a call to %s uses one connection in both directions', async (uri, contact) => {
    ({ server } = await start({ ca: true }));
    const caller = await start({ ca: true });
    const target = uri.replace('%p', String(server.sip.tlsPort));
    const dialog = await caller.srf.createUAC(target, { localSdp: SDP });
    await until('the call', () => dialogs.length === 1 && server.stats().unacked === 0);
    expect(asked[0]?.get('Contact')).toMatch(contact);
    expect(dialog.sip.remoteTag).not.toBe('');
    const ended = new Promise((resolve) => dialog.on('destroy', resolve));
    await dialogs[0]!.modify(SDP.replace('o=- 1 1', 'o=- 1 2'));
    await dialog.modify(SDP.replace('o=- 1 1', 'o=- 1 3'));
    expect([server.stats().connections, caller.server.stats().connections]).toEqual([1, 1]);
    dialogs[0]!.destroy(undefined, () => undefined);
    await ended;
    expect(server.stats().connections).toBe(1);
  });

  it.each([
    ['localhost', 200],
    ['elsewhere.example', 503],
  ])('a next hop may say whose certificate is wanted: %s %i', async (name, status) => {
    ({ server } = await start());
    const caller = await start({ ca: true });
    const port = server.sip.tlsPort;
    const call = caller.srf.createUAC('sips:bob@carrier.example', {
      localSdp: SDP,
      proxy: `sip:127.0.0.1:${port};transport=tls;tls-name=${name}`,
    });
    if (status === 503) await expect(call).rejects.toMatchObject({ status });
    else (await call).destroy(undefined, () => undefined);
  });

  it('says in one line what is wrong with its files, and gives the other ports back', async () => {
    const port = 0;
    const startWith = (certFile: string, keyFile: string): Promise<SipServer> =>
      startSipServer({ host: '127.0.0.1', port, secret: SECRET, tls: { port, certFile, keyFile } });
    await expect(startWith('/nowhere.pem', files.key)).rejects.toMatchObject({
      code: 'unavailable',
      message: '/nowhere.pem for SIP over TLS cannot be read (ENOENT)',
    });
    await expect(startWith(files.cert, files.strangerKey)).rejects.toThrow(/^SIP_TLS_CERT, /);
    ({ server } = await start());
    const taken = { port: server.sip.tlsPort ?? 0, certFile: files.cert, keyFile: files.key };
    await expect(
      startSipServer({ host: '127.0.0.1', port, secret: SECRET, tls: taken }),
    ).rejects.toThrow(/is taken: stop what uses it or set SIP_TLS_PORT$/);
  });

  it('is refused where it is off: sips: cannot be called', async () => {
    const off = await startSipServer({ host: '127.0.0.1', port: 0, secret: SECRET });
    open.push(off);
    const application = await connected(new Srf(), off);
    open.push({ close: () => application.disconnect() });
    const call = application.createUAC('sips:bob@127.0.0.1:1', { localSdp: SDP });
    await expect(call).rejects.toThrow(/set SIP_TLS_PORT/);
  });
});
