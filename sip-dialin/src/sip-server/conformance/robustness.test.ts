import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import pino from 'pino';
import Srf from 'drachtio-srf';
import { AppError } from '@switchroom/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSipServer, type SipServer } from '../index.ts';
import { connected, SECRET } from '../testing/connected.ts';
import { mutate, seeded } from '../testing/mutate.ts';
import { RawPhone, SDP } from '../testing/RawPhone.ts';
import { until } from '../testing/until.ts';

const timers = { t1: 20, t2: 80, t4: 100, ringing: 500 };

let server: SipServer;
let srf: Srf;
let logged: string;

beforeEach(async () => {
  logged = '';
  const logger = pino({ level: 'trace' }, { write: (line: string) => void (logged += line) });
  const options = {
    host: '127.0.0.1',
    port: 0,
    secret: SECRET,
    timers,
    maxConnections: 3,
    idleMs: 300,
  };
  server = await startSipServer({ ...options, logger });
  srf = new Srf();
  srf.use('options', (_req, res) => res.send(200));
  srf.invite((req, res) => {
    srf.createUAS(req, res, { localSdp: SDP }).catch(() => undefined);
  });
  await connected(srf, server);
});

afterEach(async () => {
  srf.disconnect();
  await server.close();
});

describe('the server lives', () => {
  it('through thousands of mutated messages over UDP, forgets them all, and still answers', async () => {
    const random = seeded(20_261_120);
    const fuzzer = await RawPhone.open(server.sip);
    const methods = [
      'INVITE',
      'OPTIONS',
      'BYE',
      'CANCEL',
      'ACK',
      'INFO',
      'REGISTER',
      'SUBSCRIBE',
      'PRACK',
    ];
    for (let count = 0; count < 3000; count++) {
      const method = methods[count % methods.length]!;
      fuzzer.send(mutate(fuzzer.compose(method, count + 1, { body: SDP }), random));
      // The loopback drops what overflows the socket's buffer.
      if (count % 10 === 0) await new Promise(setImmediate);
    }
    const phone = await RawPhone.open(server.sip);
    const question = phone.compose('OPTIONS', 1);
    const asking = setInterval(() => phone.send(question), 50);
    await phone.expect(200, 'OPTIONS').finally(() => clearInterval(asking));
    expect(server.stats().controlClients).toBe(1);
    expect(server.stats().ignored).toBeGreaterThan(300);
    const held = (): number => {
      const { serverTransactions, clientTransactions, dialogs, unacked } = server.stats();
      // An SUBSCRIBE or INVITE that got through the mutation ends by its timers.
      return serverTransactions + clientTransactions + dialogs + unacked;
    };
    await until('all of them to be forgotten', () => held() === 0, 20_000);
    await Promise.all([fuzzer.close(), phone.close()]);
  }, 40_000);

  it('through mutated answers to its calls, each of which comes to an end', async () => {
    const random = seeded(4475);
    const phone = await RawPhone.open(server.sip);
    const statuses = [180, 200, 200, 302, 401, 486];
    phone.onMessage = (message) => {
      if (message.kind !== 'request' || message.method === 'ACK') return;
      const status = statuses[Math.floor(random() * statuses.length)]!;
      const headers = [
        'WWW-Authenticate: Digest realm="a", nonce="b"',
        'Record-Route: <sip:127.0.0.1;lr>',
      ];
      const answer = phone.answer(message, status, { headers, body: SDP });
      phone.send(mutate(answer, random));
    };
    const auth = { username: 'a', password: 'b' };
    const uri = `sip:bob@127.0.0.1:${phone.port}`;
    const calls = Array.from({ length: 150 }, () =>
      srf.createUAC(uri, { localSdp: SDP, auth }).then(
        () => 'answered',
        () => 'failed',
      ),
    );
    const ends = await Promise.all(calls);
    expect(new Set(ends)).toEqual(new Set(['answered', 'failed']));
    srf.disconnect();
    await until('the dialogs to be forgotten', () => server.stats().dialogs === 0, 10_000);
    await phone.close();
    srf = new Srf();
    await connected(srf, server);
  }, 30_000);

  it('through garbage over TCP and on the control port', async () => {
    for (const [port, length] of [
      [server.sip.port, 70_000],
      [server.control.port, 50_000],
    ] as const) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write('x'.repeat(length));
      await once(socket, 'close');
    }
    expect(server.stats().controlClients).toBe(1);
  });

  it('through headers of 33 kB in a datagram, which get 513', async () => {
    const phone = await RawPhone.open(server.sip);
    phone.send(phone.compose('OPTIONS', 1, { headers: [`X-Big: ${'a'.repeat(33_000)}`] }));
    await phone.expect(513, 'OPTIONS');
    expect(server.stats().serverTransactions).toBe(0);
    await phone.close();
  });

  it('writes no number, no secret and no digit of a PIN into its log', async () => {
    const phone = await RawPhone.open(server.sip);
    const uri = 'sip:+15550100777@127.0.0.1';
    phone.send(phone.compose('INVITE', 1, { uri, body: SDP }));
    await phone.expect(200, 'INVITE');
    phone.send(phone.compose('ACK', 1));
    const body = 'Signal=864213579\r\n';
    phone.send(
      phone.compose('INFO', 2, { uri, body, headers: ['Content-Type: application/dtmf-relay'] }),
    );
    await phone.expect(200, 'INFO');
    phone.send(phone.compose('BYE', 3));
    await phone.expect(200, 'BYE');
    await phone.close();
    expect(logged).toContain('"method":"INFO"');
    expect(logged).toContain('sip:…@127.0.0.1');
    for (const secret of ['0777', '15550199', '864213579', SECRET]) {
      expect(logged).not.toContain(secret);
    }
  });
});

describe('over TCP', () => {
  const open = async (): Promise<{ socket: Socket; read: () => string }> => {
    const socket = connect(server.sip.port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return { socket, read: () => text };
  };

  it('a ping is answered with a pong, and a request in pieces on the same connection', async () => {
    const { socket, read } = await open();
    socket.write('\r\n\r\n');
    await until('the pong', () => read() === '\r\n');
    const phone = await RawPhone.open(server.sip);
    const request = phone.compose('OPTIONS', 1).replace('/UDP', '/TCP');
    socket.write(request.slice(0, 100));
    socket.write(request.slice(100));
    await until('the answer', () => read().includes('SIP/2.0 200 OK'));
    socket.destroy();
    await phone.close();
    await until('the connection to be forgotten', () => server.stats().connections === 0);
  });

  it.each([
    ['headers', (text: string) => text.replace('CSeq', `X: ${'a'.repeat(40_000)}\r\nCSeq`)],
    ['headers without end', (text: string) => text.replace('Max-F', `X: ${'a'.repeat(100_000)}`)],
    ['a body', (text: string) => text.replace('Length: 0', 'Length: 70000') + 'b'.repeat(70_000)],
  ])(
    '%s too large: the connection ends, not by a reset but behind the answer',
    async (_name, spoil) => {
      const { socket, read } = await open();
      let failed = false;
      socket.on('error', () => (failed = true));
      const phone = await RawPhone.open(server.sip);
      socket.write(spoil(phone.compose('OPTIONS', 1).replace('/UDP', '/TCP')));
      await once(socket, 'close');
      expect(read()).toMatch(/^SIP\/2\.0 513 /);
      expect(failed).toBe(false);
      await phone.close();
    },
  );

  it('connections beyond the limit are closed, silent ones too', async () => {
    const some = await Promise.all([open(), open(), open()]);
    await until('three connections', () => server.stats().connections === 3);
    const { socket } = await open();
    if (!socket.destroyed) await once(socket, 'close');
    await until('the silent ones to be closed', () => server.stats().connections === 0);
    for (const one of some) one.socket.destroy();
  });
});

describe('startSipServer', () => {
  it('says in one line that a port is taken', async () => {
    const taken = startSipServer({ host: '127.0.0.1', port: server.sip.port, secret: SECRET });
    await expect(taken).rejects.toThrow(AppError);
    await expect(taken).rejects.toMatchObject({
      code: 'unavailable',
      message: `SIP port ${server.sip.port} (TCP) on 127.0.0.1 is taken: stop what uses it or set SIP_PORT`,
    });
  });

  it('closes twice in silence, and both ports are free again', async () => {
    const options = { host: '127.0.0.1', port: 0, secret: SECRET };
    const first = await startSipServer(options);
    await Promise.all([first.close(), first.close()]);
    const second = await startSipServer({ ...options, port: first.sip.port });
    expect(second.sip.port).toBe(first.sip.port);
    await second.close();
  });
});
