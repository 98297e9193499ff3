import { io, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  MEET_NAMESPACE,
  PROTOCOL_VERSION,
  rtpCapabilitiesSchema,
  type ConsumerCreated,
} from '@switchroom/protocol';
import { joinMeeting, opus, preview } from './meetHarness.ts';
import {
  ask,
  askGateway,
  askMeet,
  joinTokenOf,
  next,
  startServer,
  type Harness,
} from './serverHarness.ts';

let server: Harness;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

describe('a browser', () => {
  it('joins by link, is told of who is there, and the others of it', async () => {
    const meeting = await server.createMeeting({ title: 'Board' });
    const ann = await joinMeeting(server, meeting, '  Ann ');
    expect(ann.room).toMatchObject({
      meeting: { id: meeting.id, title: 'Board', pin: meeting.pin, dialIn: meeting.dialIn },
      participants: [
        { id: ann.room.participantId, name: 'Ann', kind: 'browser', role: 'participant' },
      ],
      recording: false,
    });
    expect(ann.room.sendTransport.id).not.toBe(ann.room.recvTransport.id);
    const joined = next(ann.socket, 'participant:joined');
    const bob = await joinMeeting(server, meeting, 'Bob');
    expect(await joined).toMatchObject({ id: bob.room.participantId, name: 'Bob' });
    expect(bob.room.participants.map(({ name }) => name)).toEqual(['Ann', 'Bob']);

    const updated = next(ann.socket, 'participant:updated');
    await askMeet(bob.socket, 'participant:setHandRaised', { handRaised: true });
    expect(await updated).toMatchObject({ id: bob.room.participantId, handRaised: true });

    const left = next(ann.socket, 'participant:left');
    await askMeet(bob.socket, 'room:leave', {});
    expect(await left).toEqual({ participantId: bob.room.participantId, reason: 'left' });
    expect(await ask(bob.socket as unknown as Socket, 'room:leave', {})).toMatchObject({
      ok: true,
    });
  });

  it('hears the others and not itself; the stream goes when they lose their connection', async () => {
    const meeting = await server.createMeeting();
    const [ann, bob] = [
      await joinMeeting(server, meeting, 'Ann'),
      await joinMeeting(server, meeting, 'Bob'),
    ];
    let own = 0;
    ann.socket.on('consumer:created', () => (own += 1));
    const created = new Promise<ConsumerCreated>((resolve) => {
      bob.socket.on('consumer:created', (news, ack) => {
        ack({ ok: true, value: {} });
        resolve(news);
      });
    });
    const { producerId } = await askMeet(ann.socket, 'producer:create', {
      transportId: ann.room.sendTransport.id,
      kind: 'audio',
      rtpParameters: opus(1111),
      muted: false,
    });
    const news = await created;
    expect(news).toMatchObject({
      producerId,
      participantId: ann.room.participantId,
      kind: 'audio',
    });
    expect(news.rtpParameters.codecs[0]).toMatchObject({
      mimeType: 'audio/opus',
      payloadType: 111,
    });
    expect(own).toBe(0);

    const [closed, left] = [
      next(bob.socket, 'consumer:closed'),
      next(bob.socket, 'participant:left'),
    ];
    ann.socket.disconnect();
    expect(await closed).toEqual({ consumerId: news.consumerId });
    expect(await left).toMatchObject({ reason: 'connection-lost' });
  });

  it('hears those who spoke before it came', async () => {
    const meeting = await server.createMeeting();
    const ann = await joinMeeting(server, meeting, 'Ann');
    await askMeet(ann.socket, 'producer:create', {
      transportId: ann.room.sendTransport.id,
      kind: 'audio',
      rtpParameters: opus(1111),
      muted: true,
    });
    const socket = await server.meet();
    const order: string[] = [];
    const created = new Promise<void>((resolve) => {
      socket.on('consumer:created', () => {
        order.push('consumer:created');
        resolve();
      });
    });
    const { rtpCapabilities } = await preview(server, meeting);
    // Noted inside the ack: a promise would be later than what came in the same segment.
    socket.emit(
      'room:join',
      {
        joinToken: joinTokenOf(meeting),
        name: 'Bob',
        rtpCapabilities: rtpCapabilitiesSchema.parse(rtpCapabilities),
      },
      ({ ok }) => order.push(ok ? 'joined' : 'refused'),
    );
    await created;
    expect(order).toEqual(['joined', 'consumer:created']);
  });

  it('is host when its owner is signed in, and nothing worse than a guest when not', async () => {
    const meeting = await server.createMeeting();
    const host = await joinMeeting(server, meeting, 'Host', { sessionToken: server.token });
    expect(host.room.participants[0]).toMatchObject({ role: 'host' });
    const guest = await joinMeeting(server, meeting, 'Guest', { sessionToken: 'over' });
    expect(guest.room.participants[1]).toMatchObject({ role: 'participant' });
  });

  it('is told when the meeting ends, and cannot join again', async () => {
    const meeting = await server.createMeeting();
    const { socket } = await joinMeeting(server, meeting, 'Ann');
    const closed = next(socket, 'room:closed');
    await server.rest('DELETE', `/meetings/${meeting.id}`);
    expect(await closed).toEqual({ reason: 'meeting-ended' });
    const again = { joinToken: joinTokenOf(meeting), name: 'Ann', rtpCapabilities: {} };
    expect(await ask(socket as unknown as Socket, 'room:join', again)).toMatchObject({
      code: 'meeting-ended',
    });
  });

  it('nobody is in a meeting that was ended while they joined', async () => {
    const meetings = await Promise.all(Array.from({ length: 12 }, () => server.createMeeting()));
    for (const [index, meeting] of meetings.entries()) {
      const socket = await server.meet();
      const joining = ask(socket, 'room:join', {
        joinToken: joinTokenOf(meeting),
        name: 'Ann',
        rtpCapabilities: {},
      });
      // A little later each time, so that some meet the room half made.
      for (let turn = 0; turn < index; turn += 1) await new Promise(setImmediate);
      await server.rest('DELETE', `/meetings/${meeting.id}`);
      await joining;
      const people = await server.rest('GET', `/meetings/${meeting.id}/participants`);
      expect(await people.json()).toEqual([]);
      socket.disconnect();
    }
  });

  it('gets new ICE credentials for its own transports only', async () => {
    const meeting = await server.createMeeting();
    const [ann, bob] = [
      await joinMeeting(server, meeting, 'Ann'),
      await joinMeeting(server, meeting, 'Bob'),
    ];
    const { iceParameters } = await askMeet(ann.socket, 'transport:restartIce', {
      transportId: ann.room.sendTransport.id,
    });
    expect(iceParameters).not.toEqual(ann.room.sendTransport.iceParameters);
    expect(
      await ask(ann.socket as unknown as Socket, 'transport:restartIce', {
        transportId: bob.room.sendTransport.id,
      }),
    ).toMatchObject({ code: 'not-found' });
  });
});

describe('malformed input on a socket', () => {
  it.each([
    ['room:join', null],
    ['room:join', []],
    ['room:join', 'text'],
    ['room:join', { joinToken: '', name: 'x', rtpCapabilities: {} }],
    ['room:join', { joinToken: 'x', name: 'x'.repeat(61), rtpCapabilities: {} }],
    ['room:join', { joinToken: 'x', name: 'x', rtpCapabilities: { codecs: 'all' } }],
    ['transport:connect', { transportId: {}, dtlsParameters: 1 }],
    ['producer:create', { kind: 'video' }],
    ['participant:setMuted', { muted: 'yes' }],
    ['no:such:event', {}],
    ['__proto__', {}],
  ])('%s %j is refused as bad-request', async (event, payload) => {
    const socket = await server.meet();
    expect(await ask(socket as unknown as Socket, event, payload)).toMatchObject({
      ok: false,
      code: 'bad-request',
    });
  });

  it('what mediasoup cannot use is bad-request, too', async () => {
    const meeting = await server.createMeeting();
    const { socket, room } = await joinMeeting(server, meeting, 'Ann');
    const transportId = room.sendTransport.id;
    const untyped = socket as unknown as Socket;
    const dtlsParameters = { role: 'client', fingerprints: [{ algorithm: 'rot13', value: 'x' }] };
    expect(await ask(untyped, 'transport:connect', { transportId, dtlsParameters })).toMatchObject({
      code: 'bad-request',
    });
    const codecs = [{ mimeType: 'audio/none', payloadType: 1, clockRate: 1 }];
    const produce = { transportId, kind: 'audio', muted: false, rtpParameters: { codecs } };
    expect(await ask(untyped, 'producer:create', produce)).toMatchObject({ code: 'bad-request' });
  });

  it('a request without an ack is ignored, and one out of order is a conflict', async () => {
    const socket = (await server.meet()) as unknown as Socket;
    socket.emit('room:join');
    socket.emit('room:join', { any: 'thing' });
    socket.emit('participant:setMuted', { muted: true }, 'not a function');
    expect(await ask(socket, 'participant:setMuted', { muted: true })).toMatchObject({
      code: 'conflict',
    });
    const meeting = await server.createMeeting();
    const { socket: inside } = await joinMeeting(server, meeting, 'Ann');
    const again = { joinToken: joinTokenOf(meeting), name: 'Ann', rtpCapabilities: {} };
    expect(await ask(inside as unknown as Socket, 'room:join', again)).toMatchObject({
      code: 'conflict',
    });
  });

  it('an unknown link is not found, and no secret is logged', async () => {
    const meeting = await server.createMeeting();
    await joinMeeting(server, meeting, 'Ann');
    const socket = (await server.meet()) as unknown as Socket;
    const wish = { joinToken: 'unknown-token', name: 'Ann', rtpCapabilities: {} };
    expect(await ask(socket, 'room:join', wish)).toMatchObject({ code: 'not-found' });
    const logs = server.logs.join('');
    expect(logs).not.toContain(joinTokenOf(meeting));
    expect(logs).not.toContain('unknown-token');
  });

  it('a flood is rate-limited', async () => {
    const socket = (await server.meet()) as unknown as Socket;
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => ask(socket, 'participant:setMuted', { muted: true })),
    );
    const codes = new Set(answers.map((answer) => (answer.ok ? '' : answer.code)));
    expect([...codes]).toEqual(['conflict', 'rate-limited']);
  });

  it('a message that is too large ends the connection, and the server lives', async () => {
    const socket = (await server.meet()) as unknown as Socket;
    const gone = next(socket, 'disconnect');
    socket.emit('room:join', { joinToken: 'x'.repeat(1_000_000) }, () => undefined);
    await gone;
    await server.meet();
  });
});

describe('a handshake', () => {
  const refused = (
    namespace: string,
    auth: object,
  ): Promise<Error & { data?: { code?: string } }> =>
    new Promise((resolve, reject) => {
      const options = { auth, forceNew: true, reconnection: false, transports: ['websocket'] };
      const socket = io(server.url + namespace, options);
      socket.once('connect', () => reject(new Error('was accepted')));
      socket.once('connect_error', (error) => {
        socket.disconnect();
        resolve(error);
      });
    });
  const gateway = { token: 'wrong', kind: 'recorder', protocolVersion: PROTOCOL_VERSION };

  it.each([
    [MEET_NAMESPACE, {}, 'bad-request'],
    [MEET_NAMESPACE, { protocolVersion: PROTOCOL_VERSION + 1 }, 'protocol-version'],
    ['/gateway', { protocolVersion: PROTOCOL_VERSION }, 'bad-request'],
    ['/gateway', gateway, 'unauthenticated'],
    ['/', {}, 'not-found'],
  ])('on %s with %j is refused: %s', async (namespace, auth, code) => {
    expect((await refused(namespace, auth)).data?.code).toBe(code);
  });

  it('readyz and metrics count the gateways that passed', async () => {
    const dialIn = await server.gateway('sip-dialin');
    await ask(dialIn, 'did:resolve', { number: '1', trunkId: '1' });
    const ready = await fetch(`${server.url}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({
      status: 'ready',
      workers: { up: 1, wanted: 1 },
      gateways: { 'sip-dialin': 1, recorder: 0 },
    });
    const meeting = await server.createMeeting();
    await askGateway(dialIn, 'room:open', { meetingId: meeting.id });
    await joinMeeting(server, meeting, 'Ann');
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/switchroom_gateways\{kind="sip-dialin"\} 1/);
    expect(metrics).toMatch(/switchroom_participants\{kind="browser"\} \d/);
    expect(metrics).toMatch(/switchroom_rooms \d/);
  });
});
