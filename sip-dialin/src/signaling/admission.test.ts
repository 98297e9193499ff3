import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates, type Certificates } from '../sip-server/testing/certificates.ts';
import { SDP, type RawPhone } from '../sip-server/testing/RawPhone.ts';
import { until } from '../sip-server/testing/until.ts';
import { authorizationFor, digestUser } from './testing/digestClient.ts';
import { gatewayTrunk } from './testing/gatewayTrunk.ts';
import { SignalingBench } from './testing/SignalingBench.ts';

let files: Certificates;
let bench: SignalingBench;

beforeAll(async () => {
  files = await makeCertificates();
});

afterAll(() => files.remove());
afterEach(() => bench.close());

const SDP_TYPE = ['Content-Type: application/sdp'];

/** The status of the first final answer to an INVITE over TLS. */
async function callOverTls(pair?: { cert: string; key: string }): Promise<string | undefined> {
  const phone = await bench.phone();
  const shown = pair && { cert: await readFile(pair.cert), key: await readFile(pair.key) };
  const port = bench.server.sip.tlsPort ?? 0;
  const ca = await readFile(files.ca);
  const socket: TLSSocket = connect({ host: '127.0.0.1', port, ca, ...shown });
  await once(socket, 'secureConnect');
  let said = '';
  socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const invite = phone.compose('INVITE', 1, { body: SDP, headers: SDP_TYPE });
  const contact = `<sip:phone@127.0.0.1:${socket.localPort};transport=tls>`;
  socket.write(invite.replace('/UDP', '/TLS').replace(/Contact: .*/, `Contact: ${contact}`));
  const final = (): string | undefined => /^SIP\/2\.0 ([2-6]\d\d)/m.exec(said)?.[1];
  await until('a final answer', () => final() !== undefined);
  const status = final();
  socket.destroy();
  return status;
}

describe('a trunk that wants client certificates', () => {
  it('takes calls over TLS with one, and no others', async () => {
    const tls = { port: 0, certFile: files.cert, keyFile: files.key, caFile: files.ca };
    // Those that were taken are gone without a BYE: it is soon given up.
    const timers = { t1: 5, t2: 20, t4: 25 };
    const trunk = gatewayTrunk({ clientCertificate: true });
    bench = await SignalingBench.open([trunk], { tls, timers });
    expect(await callOverTls()).toBe('403');
    expect(await callOverTls({ cert: files.strangerCert, key: files.strangerKey })).toBe('403');
    expect(await callOverTls({ cert: files.cert, key: files.key })).toBe('200');
    const plain = await bench.phone();
    plain.send(plain.compose('INVITE', 1, { body: SDP, headers: SDP_TYPE }));
    await plain.expect(403, 'INVITE');
    bench.update([gatewayTrunk()]);
    expect(await callOverTls()).toBe('200');
    bench.switchboard.signalingLost();
  });
});

describe('SRTP of a trunk', () => {
  const CRYPTO = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.alloc(30, 1).toString('base64')}\r\n`;
  const secure = SDP.replace('RTP/AVP', 'RTP/SAVP') + CRYPTO;

  it.each([
    ['required', 'plain RTP', SDP, 488],
    ['required', 'SRTP', secure, 200],
    ['off', 'SRTP', secure, 488],
    ['optional', 'plain RTP', SDP, 200],
  ] as const)('%s: offered %s', async (srtp, _what, body, status) => {
    bench = await SignalingBench.open([gatewayTrunk({ srtp })]);
    const phone = await bench.phone();
    phone.onMessage = (message) => {
      if (message.kind === 'request') phone.reply(message, 200);
    };
    phone.send(phone.compose('INVITE', 1, { body, headers: SDP_TYPE }));
    await phone.expect(status, 'INVITE');
    phone.send(phone.compose('ACK', 1));
  });
});

describe('a stranger', () => {
  it.each(['INVITE', 'OPTIONS', 'REGISTER', 'MESSAGE', 'SUBSCRIBE', 'INFO'])(
    'gets 403 for %s, and who is none another answer',
    async (method) => {
      bench = await SignalingBench.open([gatewayTrunk({ cidrs: ['127.0.0.2/32'] })]);
      const ask = async (): Promise<number | undefined> => {
        const phone = await bench.phone();
        phone.send(phone.compose(method, 1, { body: '', toTag: '' }));
        await until('an answer', () => finals(phone).length > 0);
        return finals(phone)[0];
      };
      expect(await ask()).toBe(403);
      bench.trunks.update({ trunks: [gatewayTrunk()], numbers: [] });
      expect(await ask()).not.toBe(403);
    },
  );
});

describe('a source of wrong passwords', () => {
  const digest = digestUser('carrier', 'correct horse');

  /** Calls with this password; gives the status. */
  async function call(password: string): Promise<number> {
    const phone = await bench.phone();
    const uri = 'sip:+15550100@127.0.0.1';
    let seq = 0;
    const invite = (headers: string[] = []): void => {
      phone.received.length = 0;
      phone.send(phone.compose('INVITE', ++seq, { uri, headers, body: '', toTag: '' }));
    };
    invite();
    await until('an answer', () => finals(phone).length > 0);
    const challenge = phone.responses.at(-1)?.headers.getAll('WWW-Authenticate')[0];
    if (challenge === undefined) return finals(phone)[0] ?? 0;
    const algorithm = 'MD5';
    const value = authorizationFor(challenge, { username: 'carrier', password, uri, algorithm });
    invite([`Authorization: ${value}`]);
    await until('an answer', () => finals(phone).length > 0);
    return finals(phone)[0] ?? 0;
  }

  it('is not looked at for a while, and before that not harmed by a slip', async () => {
    bench = await SignalingBench.open([gatewayTrunk({ digest, cidrs: [] })]);
    for (let slip = 0; slip < 20; slip++) expect(await call('wrong battery')).toBe(401);
    const before = bench.server.stats().serverTransactions;
    expect(await call('correct horse')).toBe(403);
    // Not even a transaction.
    expect(bench.server.stats().serverTransactions).toBeLessThanOrEqual(before);
    // Nor is what is no call.
    const scanner = await bench.phone();
    scanner.send(scanner.compose('OPTIONS', 1, { body: '', toTag: '' }));
    await scanner.expect(403, 'OPTIONS');
  });
});

describe('when the meeting server is away', () => {
  it('a caller is told when to try again', async () => {
    bench = await SignalingBench.open([gatewayTrunk()]);
    bench.rooms.didError = 'unavailable';
    const phone = await bench.phone();
    phone.send(phone.compose('INVITE', 1, { body: SDP, headers: SDP_TYPE }));
    const answer = await phone.expect(503, 'INVITE');
    expect(answer.headers.get('Retry-After')).toBe('10');
  });
});

function finals(phone: RawPhone): number[] {
  return phone.responses.map(({ status }) => status).filter((status) => status >= 200);
}
