import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { io, type Socket } from 'socket.io-client';
import { GATEWAY_NAMESPACE, MEET_NAMESPACE, PROTOCOL_VERSION } from '@switchroom/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tone } from '../../support/audio/tones.ts';
import { eventually } from '../../support/eventually.ts';
import { buildRtp } from '../../support/net/rtp.ts';
import { SippPhone } from '../../support/phones/SippPhone.ts';
import { childOf } from '../../support/process/childOf.ts';
import { RestClient } from '../../support/RestClient.ts';
import { Switchroom } from '../../support/Switchroom.ts';

const SCRIPTS = ['server/src/main.ts', 'sip-dialin/src/main.ts', 'recordings/src/main.ts'];
const SECRET_PIN = '739182';

let switchroom: Switchroom;
let pids: (number | undefined)[];

const children = (): Promise<(number | undefined)[]> =>
  Promise.all(SCRIPTS.map((script) => childOf(switchroom.pid!, script)));

beforeAll(async () => {
  switchroom = await Switchroom.start();
  pids = await children();
  return () => switchroom.stop();
});

/** Pseudo-random bytes, the same in every run. */
function rubbish(size: number, seed: number): Buffer {
  let state = seed * 2654435761 + 1;
  const bytes = Uint8Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return Buffer.from(bytes);
}

async function sendUdp(port: number, datagrams: readonly (Buffer | string)[]): Promise<void> {
  const socket = createSocket('udp4');
  for (const datagram of datagrams) {
    await new Promise((resolve) => socket.send(datagram, port, '127.0.0.1', resolve));
  }
  socket.close();
}

async function sendTcp(port: number, chunks: readonly (Buffer | string)[]): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve) => {
    socket.on('error', resolve);
    socket.on('close', resolve);
    socket.on('connect', () => {
      for (const chunk of chunks) socket.write(chunk);
      socket.end();
    });
    socket.resume();
  });
}

function sip(start: string, ...lines: string[]): string {
  return [start, ...lines, '', ''].join('\r\n');
}

const VIA = 'Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKbad';
const BAD_SIP = [
  '',
  '\r\n\r\n',
  'INVITE',
  sip('INVITE sip:+15550100@127.0.0.1 SIP/2.0'),
  sip('INVITE sip:+15550100@127.0.0.1 SIP/7.0', VIA, 'CSeq: 1 INVITE'),
  sip('INVITE not a uri SIP/2.0', VIA, 'From: x', 'To: y', 'Call-ID: 1', 'CSeq: 1 INVITE'),
  sip(
    'INVITE sip:a@b SIP/2.0',
    VIA,
    'From: <sip:a@b',
    'To: "',
    'Call-ID: 2',
    'CSeq: 99999999999 ACK',
  ),
  sip(
    'BYE sip:a@b SIP/2.0',
    VIA,
    'From: <sip:a@b>;tag=1',
    'To: <sip:b>;tag=2',
    'Call-ID: 3',
    'CSeq: 2 BYE',
  ),
  sip('OPTIONS sip:a SIP/2.0', VIA, 'Content-Length: -5', 'Call-ID: 4', 'CSeq: 1 OPTIONS'),
  sip('OPTIONS sip:a SIP/2.0', VIA, 'Content-Length: 999999999', 'Call-ID: 5', 'CSeq: 1 OPTIONS'),
  sip('SIP/2.0 200 OK', VIA, 'CSeq: 1 INVITE', 'Call-ID: 6'),
  sip('SIP/2.0 9999 What', VIA),
  sip(`INVITE sip:${'x'.repeat(8000)}@b SIP/2.0`, ...new Array<string>(500).fill(VIA)),
];

describe('malformed input', () => {
  it('as SIP over UDP and TCP is survived', async () => {
    const port = Number(switchroom.sipAddress.split(':')[1]);
    const bytes = Array.from({ length: 200 }, (_, i) => rubbish(1 + i * 7, i));
    await sendUdp(port, [...BAD_SIP, ...bytes]);
    for (const message of [...BAD_SIP, ...bytes.slice(0, 20)]) await sendTcp(port, [message]);
    const slow = 'INVITE sip:+15550100@127.0.0.1 SIP/2.0\r\nVia: '.split('');
    await sendTcp(port, slow);
    expect(await children()).toEqual(pids);
  });

  it('as SDP in an INVITE is refused', async () => {
    const uri = `sip:+15550100@${switchroom.sipAddress}`;
    for (const [sdp, refusal] of [
      ['this is no session description', 400],
      ['v=0\nm=audio 99999999 RTP/AVP 0', 400],
      [
        'v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9000 RTP/AVP 31',
        488,
      ],
    ] as const) {
      const phone = await SippPhone.dial({ uri, sdp, refusal });
      await phone.ended().finally(() => phone.close());
    }
    expect(await children()).toEqual(pids);
  });

  it('as RTP and RTCP into a running call does not end it', async () => {
    const { id, pin, dialIn } = await switchroom.rest.createMeeting();
    const phone = await SippPhone.dial({
      uri: dialIn[0]!.sipUri,
      sound: tone({ frequency: 440, seconds: 60 }),
      keys: `${pin}#`,
    });
    try {
      await eventually(async () => (await switchroom.rest.participants(id)).length === 1, {
        what: 'the phone in the meeting',
      });
      const port = phone.capture.sent()[0]!.destinationPort;
      const packet = { marker: false, sequence: 1, timestamp: 160, ssrc: 99 };
      const bad = [
        buildRtp({ ...packet, payloadType: 0, payload: Buffer.alloc(0) }),
        buildRtp({ ...packet, payloadType: 0, payload: rubbish(1400, 3) }),
        buildRtp({ ...packet, payloadType: 101, payload: Buffer.from([255]) }),
        buildRtp({ ...packet, payloadType: 127, payload: rubbish(160, 4) }),
        Buffer.from([0x9f, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]),
        Buffer.from([0xb0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xbe, 0xde, 0xff, 0xff]),
        Buffer.from([0xa0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 255]),
        Buffer.from([0x81, 200, 0xff, 0xff, 0, 0, 0, 1]),
        Buffer.from([0x81, 201, 0, 0]),
      ];
      const bytes = Array.from({ length: 200 }, (_, i) => rubbish(1 + i * 7, i));
      await sendUdp(port, [...bad, ...bytes]);
      await sendUdp(port + 1, [...bad, ...bytes]);
      expect(await children()).toEqual(pids);
      expect(phone.running).toBe(true);
      expect(await switchroom.rest.participants(id)).toHaveLength(1);
    } finally {
      await phone.close();
    }
  });

  it('at the port of WebRTC is survived', async () => {
    const bytes = Array.from({ length: 200 }, (_, i) => rubbish(1 + i * 7, i));
    // What looks like STUN, DTLS and RTP (RFC 7983), and is not.
    const alike = [0, 22, 128].map((first, i) => Buffer.concat([Buffer.of(first), rubbish(99, i)]));
    await sendUdp(switchroom.rtcPort, [...bytes, ...alike]);
    for (const chunk of [...bytes.slice(0, 20), ...alike])
      await sendTcp(switchroom.rtcPort, [chunk]);
    expect(await children()).toEqual(pids);
  });

  it('over REST is refused with the right status and code', async () => {
    const stranger = new RestClient(switchroom.url);
    const { rest } = switchroom;
    for (const [client, method, path, body, status, code] of [
      [rest, 'POST', '/meetings', '{"title": ', 400, 'bad-request'],
      [rest, 'POST', '/meetings', '"just a string"', 400, 'bad-request'],
      [rest, 'POST', '/meetings', { recording: 'sometimes' }, 400, 'bad-request'],
      [rest, 'POST', '/meetings', { title: 'x'.repeat(500) }, 400, 'bad-request'],
      [rest, 'POST', '/meetings', `{"title":"${'x'.repeat(5_000_000)}"}`, 413, 'payload-too-large'],
      [stranger, 'POST', '/sessions', { email: 5, password: [] }, 400, 'bad-request'],
      [
        stranger,
        'POST',
        '/sessions',
        { email: 'a@b.c', password: 'wrong one' },
        401,
        'unauthenticated',
      ],
      [stranger, 'POST', '/meetings', {}, 401, 'unauthenticated'],
      [rest, 'GET', '/meetings/none', undefined, 404, 'not-found'],
      [rest, 'GET', '/meetings/%00%ff', undefined, 400, 'bad-request'],
      [rest, 'GET', '/recordings/../../etc/passwd/audio', undefined, 404, 'not-found'],
      [rest, 'GET', '/recordings/..%2f..%2fkeys/audio', undefined, 404, 'not-found'],
      [rest, 'GET', '/recordings?from=yesterday', undefined, 400, 'bad-request'],
      [rest, 'GET', '/nothing-here', undefined, 404, 'not-found'],
    ] as const) {
      const answer = await client.raw(method, path, body);
      expect({ path, status: answer.status, body: answer.body }).toMatchObject({
        path,
        status,
        body: { code, status },
      });
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
    }
    expect(await children()).toEqual(pids);
  });
});

describe('malformed socket messages', () => {
  const sockets: Socket[] = [];

  afterAll(() => sockets.forEach((socket) => socket.close()));

  function open(namespace: string, auth: Record<string, unknown>): Socket {
    const socket = io(`${switchroom.url}${namespace}`, {
      auth,
      forceNew: true,
      reconnection: false,
      transports: ['websocket'],
    });
    sockets.push(socket);
    return socket;
  }

  const outcome = (socket: Socket): Promise<string> =>
    new Promise((resolve) => {
      socket.once('connect', () => resolve('connected'));
      socket.once('connect_error', (error) => resolve(error.message));
    });

  it('from a stranger to the gateway namespace do not get in', async () => {
    for (const auth of [
      {},
      { token: 'x'.repeat(32), kind: 'sip-dialin', protocolVersion: PROTOCOL_VERSION },
      { token: { $ne: null }, kind: 'recorder', protocolVersion: PROTOCOL_VERSION },
    ]) {
      expect(await outcome(open(GATEWAY_NAMESPACE, auth))).not.toBe('connected');
    }
  });

  it('from a browser are answered with bad-request, or passed over, and the next one works', async () => {
    const socket = open(MEET_NAMESPACE, { protocolVersion: PROTOCOL_VERSION });
    expect(await outcome(socket)).toBe('connected');
    const ask = (event: string, payload: unknown): Promise<unknown> =>
      socket.timeout(5000).emitWithAck(event, payload);
    for (const payload of [
      undefined,
      null,
      5,
      'text',
      [],
      {},
      { joinToken: SECRET_PIN },
      { joinToken: {} },
    ]) {
      expect(await ask('room:join', payload)).toMatchObject({ ok: false, code: 'bad-request' });
    }
    expect(
      await ask('room:join', { joinToken: 'no-such-token', name: 'X', rtpCapabilities: {} }),
    ).toMatchObject({ ok: false, code: 'not-found' });
    expect(await ask('participant:setMuted', { muted: true })).toMatchObject({ ok: false });
    socket.emit('room:join'); // No acknowledgement to give.
    socket.emit('room:join', 'not', 'a', 'function');
    socket.emit('no:such:request', {}, () => {});
    socket.emit('__proto__', {});
    socket.emit('constructor', {}, () => {});
    socket.emit('room:join', { joinToken: rubbish(200_000, 5) });
    expect(await children()).toEqual(pids);
  });

  it('that are no socket.io at all are survived', async () => {
    const url = `${switchroom.url}/socket.io/?EIO=4&transport=polling`;
    for (const body of ['', 'rubbish', '99999:[', rubbish(3000, 6)]) {
      await fetch(url, { method: 'POST', body: new Uint8Array(Buffer.from(body)) }).then((answer) =>
        answer.text(),
      );
    }
    const port = Number(new URL(switchroom.url).port);
    await sendTcp(port, ['GET / HTTP/9.9\r\n\r\n']);
    await sendTcp(port, [rubbish(5000, 7)]);
    expect(await children()).toEqual(pids);
  });
});

describe('after all that', () => {
  it('a phone still gets in, and no secret was logged', async () => {
    const { id, pin, dialIn } = await switchroom.rest.createMeeting();
    const sound = tone({ frequency: 440, seconds: 60 });
    const phone = await SippPhone.dial({ uri: dialIn[0]!.sipUri, sound, keys: `${pin}#` });
    try {
      await eventually(async () => (await switchroom.rest.participants(id)).length === 1, {
        what: 'the phone in the meeting',
      });
    } finally {
      await phone.close();
    }
    expect(switchroom.log).not.toContain(SECRET_PIN);
    expect(switchroom.log).not.toMatch(/wrong one|correct horse/);
  });
});
