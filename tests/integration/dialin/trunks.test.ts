import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '@switchroom/protocol';
import { createDialIn, type DialIn } from '@switchroom/sip-dialin';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakePhoneMedia } from '../../../sip-dialin/src/media/fake/FakePhoneMedia.ts';
import {
  authorizationFor,
  digestUser,
} from '../../../sip-dialin/src/signaling/testing/digestClient.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeMeetingServer, LOOPBACK, TOKEN } from './FakeMeetingServer.ts';
import { UdpCaller } from './UdpCaller.ts';

/* Whom the SIP side lets in, on the wire: the embedded SIP server, drachtio-srf and the trunks. */

const USER = { username: 'carrier', password: 'very secret words' };

let server: FakeMeetingServer;
let dialIn: DialIn;
let logged: string;
let phones: UdpCaller[];

beforeEach(async () => {
  server = new FakeMeetingServer();
  const digest = digestUser(USER.username, USER.password);
  server.trunks = { trunks: [{ ...LOOPBACK, cidrs: [], digest }], numbers: ['+15550100'] };
  await server.start();
  phones = [];
  logged = '';
  const config = parseConfig({ SIP_PORT: '0', SIGNALING_URL: server.url, SERVICE_TOKEN: TOKEN });
  const logger = pino({ level: 'trace' }, { write: (line: string) => (logged += line) });
  dialIn = await createDialIn(config, { logger, media: new FakePhoneMedia() });
});

afterEach(async () => {
  await dialIn.close();
  for (const phone of phones) phone.close();
  await server.stop();
});

async function caller(uri = dialIn.sipUri): Promise<UdpCaller> {
  const phone = await UdpCaller.open(uri);
  phones.push(phone);
  return phone;
}

describe('a trunk with a digest', () => {
  it('asks with 401, a header for each algorithm, and takes the right answer', async () => {
    const phone = await caller();
    const refused = await phone.invite();
    expect(refused.status).toBe(401);
    const challenges = refused.raw.split('\r\n').filter((line) => /^www-auth/i.test(line));
    expect(challenges).toEqual([
      expect.stringContaining('algorithm=MD5'),
      expect.stringContaining('algorithm=SHA-256'),
    ]);
    expect(server.asked).toEqual([]);
    const uri = dialIn.sipUri;
    phone.authorization = authorizationFor(challenges[0]!, { ...USER, uri });
    expect((await phone.invite()).status).toBe(200);
    // Another call with the same nonce, and then with a count that it has had.
    const next = await caller();
    next.authorization = authorizationFor(challenges[0]!, { ...USER, uri, count: 2 });
    expect((await next.invite()).status).toBe(200);
    const replay = await caller();
    replay.authorization = next.authorization;
    const stale = await replay.invite();
    expect([stale.status, stale.raw.includes('stale=true')]).toEqual([401, true]);
    expect(logged).not.toContain(USER.password);
  });

  it('asks whatever is dialled', async () => {
    const phone = await caller(dialIn.sipUri.replace('+15550100', '+15559999'));
    expect((await phone.invite()).status).toBe(401);
    expect(server.asked).toEqual([]);
  });

  it('is called by SIPp', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sipp-auth-'));
    const file = join(folder, 'auth.xml');
    await writeFile(file, SCENARIO);
    const [, host = '', port = ''] = /@([^:]+):(\d+)/.exec(dialIn.sipUri) ?? [];
    const args = [`${host}:${port}`, '-sf', file, '-i', '127.0.0.1', '-m', '1', '-s', '+15550100'];
    args.push('-au', USER.username, '-ap', USER.password, '-nostdin', '-timeout', '10s');
    args.push('-trace_err', '-error_file', join(folder, 'errors'));
    const sipp = spawn('/usr/bin/sipp', args, { cwd: folder, stdio: 'ignore', timeout: 15_000 });
    const [code] = (await once(sipp, 'close')) as [number | null];
    const errors = await readFile(join(folder, 'errors'), 'utf8').catch(() => '');
    await rm(folder, { recursive: true, force: true });
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
  });
});

describe('a stranger', () => {
  it('gets 403 whatever they send and dial, and nobody is asked', async () => {
    server.tell('trunks:changed', {
      trunks: [{ ...LOOPBACK, cidrs: ['192.0.2.0/24'] }],
      numbers: [],
    });
    const heard = (): number => logged.split('request received').length;
    const statusOf = async (uri = dialIn.sipUri, body?: string): Promise<number | undefined> =>
      (await (await caller(uri)).invite(body)).status;
    await eventually(async () => (await statusOf()) === 403, { what: '403', every: 10 });
    const before = heard();
    expect(await statusOf(dialIn.sipUri.replace('+15550100', '+15559999'))).toBe(403);
    expect(await statusOf(dialIn.sipUri.replace('+15550100', 'what'), 'no sdp')).toBe(403);
    expect(server.asked).toEqual([]);
    // Not even the SIP server says anything of them, and a flood is one line.
    expect(heard()).toBe(before);
    expect(logged.split('calls from elsewhere refused').length).toBe(2);
  });
});

const SDP = `v=0
o=sipp 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 9 RTP/AVP 0
`;
const invite = (
  cseq: number,
  authentication: string,
): string => `INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:sipp@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: ${cseq} INVITE
Contact: <sip:sipp@[local_ip]:[local_port]>
${authentication}Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

${SDP}`;
const request = (
  method: string,
  cseq: string,
): string => `${method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:sipp@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: ${cseq}
Max-Forwards: 70
Content-Length: 0
`;
const send = (message: string, attributes = ''): string =>
  `<send${attributes}><![CDATA[\n\n${message}\n]]></send>`;
const SCENARIO = `<?xml version="1.0" encoding="ISO-8859-1" ?><scenario name="auth">
${send(invite(1, ''), ' retrans="500"')}
<recv response="100" optional="true"/><recv response="401" auth="true"/>
${send(request('ACK', '1 ACK'))}
${send(invite(2, '[authentication]\n'), ' retrans="500"')}
<recv response="100" optional="true"/><recv response="180" optional="true"/><recv response="200" rtd="true"/>
${send(request('ACK', '2 ACK'))}
${send(request('BYE', '3 BYE'), ' retrans="500"')}
<recv response="200"/></scenario>`;
