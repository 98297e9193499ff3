import { setInterval as every } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  GatewayConsumerCreated,
  MeetingView,
  OpenedRoom,
  Speaker,
} from '@switchroom/protocol';
import type { TrunksChanged, TrunkView } from '@switchroom/protocol';
import {
  ask,
  askGateway,
  askMeet,
  joinTokenOf,
  next,
  parseRtp,
  rtpPacket,
  startServer,
  udp,
  type GatewaySocket,
  type Harness,
} from './serverHarness.ts';

const SSRC = 0xcafe_0001;
/** A valid Opus packet: TOC of 20 ms SILK wideband mono (RFC 6716 section 3.1), then anything. */
const OPUS = Buffer.from([0x48, 1, 2, 3, 4, 5, 6, 7]);

let server: Harness;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

async function loopbackId(): Promise<string> {
  const trunks = (await (await server.rest('GET', '/trunks')).json()) as TrunkView[];
  return trunks.find(({ name }) => name === 'loopback')!.id;
}

/** A gateway in a room, with its socket connected. */
async function enter(gateway: GatewaySocket, meeting: MeetingView) {
  const socket = await udp();
  const opened = await askGateway(gateway, 'room:open', { meetingId: meeting.id });
  await askGateway(gateway, 'transport:connect', {
    transportId: opened.transportId,
    ip: '127.0.0.1',
    port: socket.port,
  });
  return { socket, opened };
}

/** Sends packets until `done` settles, as a phone that speaks. */
async function speakUntil<T>(
  socket: Awaited<ReturnType<typeof udp>>,
  opened: OpenedRoom,
  done: Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const speak = async (): Promise<void> => {
    const numbers = Array.from({ length: 2000 }, (_, index) => 1000 + index);
    for await (const sequence of every(10, numbers, { signal: stop.signal })) {
      const packet = rtpPacket({
        payloadType: opened.payloadType,
        sequence: sequence.shift() ?? 0,
        ssrc: SSRC,
        extensionId: opened.audioLevelExtensionId,
        payload: OPUS,
      });
      socket.send(packet, opened.port, opened.ip);
    }
  };
  const speaking = speak().catch(() => undefined);
  try {
    return await done;
  } finally {
    stop.abort();
    await speaking;
  }
}

describe('a phone over a gateway', () => {
  it('is heard by another gateway under the SSRC that was told, and not by its own', async () => {
    const meeting = await server.createMeeting();
    const [dialIn, recorder] = [
      await server.gateway('sip-dialin'),
      await server.gateway('recorder'),
    ];
    const phone = await enter(dialIn, meeting);
    const listener = await enter(recorder, meeting);
    const created = new Promise<GatewayConsumerCreated>((resolve) => {
      recorder.on('consumer:created', (news, ack) => {
        ack({ ok: true, value: {} });
        resolve(news);
      });
    });
    let echoed = 0;
    phone.socket.on('message', (packet) => (echoed += parseRtp(packet) ? 1 : 0));

    const { participantId, participant } = await askGateway(dialIn, 'phone:join', {
      meetingId: meeting.id,
      name: 'Caller +15550001234',
      number: '+15550001234',
      ssrc: SSRC,
    });
    expect(participant).toMatchObject({ name: 'Caller …1234', kind: 'phone', state: 'joined' });
    const news = await created;
    expect(news).toMatchObject({
      meetingId: meeting.id,
      transportId: listener.opened.transportId,
      participant: { id: participantId, kind: 'phone' },
      payloadType: 111,
    });

    const heard = new Promise<ReturnType<typeof parseRtp>>((resolve) => {
      listener.socket.on('message', (packet) => {
        const rtp = parseRtp(packet);
        if (rtp) resolve(rtp);
      });
    });
    expect(await speakUntil(phone.socket, phone.opened, heard)).toMatchObject({
      ssrc: news.ssrc,
      payloadType: 111,
      payload: OPUS,
    });
    expect(echoed).toBe(0);

    const [consumerClosed, left, roomClosed] = [
      next(recorder, 'consumer:closed'),
      next(recorder, 'participant:left'),
      next(dialIn, 'room:closed'),
    ];
    await askGateway(dialIn, 'phone:leave', { meetingId: meeting.id, participantId });
    expect(await consumerClosed).toEqual({ meetingId: meeting.id, consumerId: news.consumerId });
    expect(await left).toMatchObject({ participantId, reason: 'left' });
    expect(await roomClosed).toMatchObject({ meetingId: meeting.id, reason: 'left' });
    phone.socket.close();
    listener.socket.close();
  });

  it('is a participant for browsers, which see it speak, mute and go with its gateway', async () => {
    const meeting = await server.createMeeting();
    const [dialIn, browser] = [await server.gateway('sip-dialin'), await server.meet()];
    const phone = await enter(dialIn, meeting);
    await askMeet(browser, 'room:join', {
      joinToken: joinTokenOf(meeting),
      name: 'Ann',
      rtpCapabilities: {},
    });
    const joined = next(browser, 'participant:joined');
    const { participantId } = await askGateway(dialIn, 'phone:join', {
      meetingId: meeting.id,
      name: 'Phone',
      number: '',
      ssrc: SSRC,
    });
    expect(await joined).toMatchObject({ id: participantId, kind: 'phone', name: 'Phone' });

    const speakers = next<{ speakers: Speaker[] }>(browser, 'room:speakers');
    const heard = await speakUntil(phone.socket, phone.opened, speakers);
    expect(heard.speakers).toMatchObject([{ participantId }]);
    expect(heard.speakers[0]!.level).toBeGreaterThan(-40);

    const updated = next(browser, 'participant:updated');
    const request = { meetingId: meeting.id, participantId, muted: true };
    await askGateway(dialIn, 'participant:setMuted', request);
    expect(await updated).toMatchObject({ id: participantId, muted: true });

    const raised = next(browser, 'participant:updated');
    await askGateway(dialIn, 'participant:setHandRaised', {
      meetingId: meeting.id,
      participantId,
      handRaised: true,
    });
    expect(await raised).toMatchObject({ id: participantId, muted: true, handRaised: true });
    expect(await askGateway(dialIn, 'participant:count', { meetingId: meeting.id })).toEqual({
      participants: 2,
    });

    const left = next(browser, 'participant:left');
    dialIn.disconnect();
    expect(await left).toEqual({ participantId, reason: 'connection-lost' });
    phone.socket.close();
  });

  it.each([
    ['whole', '+15550007654'],
    ['last-four', '…7654'],
    ['none', 'Phone'],
  ])(
    'is shown by its number as the meeting has it, everywhere: %s',
    async (numberPrivacy, name) => {
      const meeting = await server.createMeeting({ numberPrivacy });
      const [dialIn, recorder] = [
        await server.gateway('sip-dialin'),
        await server.gateway('recorder'),
      ];
      const [phone, recording] = [await enter(dialIn, meeting), await enter(recorder, meeting)];
      const offered = next<GatewayConsumerCreated>(recorder, 'consumer:created');
      const { participant } = await askGateway(dialIn, 'phone:join', {
        meetingId: meeting.id,
        name: '…7654',
        number: '+15550007654',
        ssrc: SSRC,
      });
      expect(participant.name).toBe(name);
      expect((await offered).participant.name).toBe(name);
      const people = await server.rest('GET', `/meetings/${meeting.id}/participants`);
      expect(await people.json()).toMatchObject([{ name }]);
      expect(server.logs.join('')).not.toMatch(/(…|5000)7654/);
      phone.socket.close();
      recording.socket.close();
    },
  );

  it('is sent away when the meeting is ended, as the browsers are', async () => {
    const meeting = await server.createMeeting();
    const dialIn = await server.gateway('sip-dialin');
    const { socket } = await enter(dialIn, meeting);
    const phone = { meetingId: meeting.id, name: 'Phone', number: '', ssrc: SSRC };
    await askGateway(dialIn, 'phone:join', phone);
    const closed = next(dialIn, 'room:closed');
    expect((await server.rest('DELETE', `/meetings/${meeting.id}`)).status).toBe(204);
    expect(await closed).toEqual({ meetingId: meeting.id, reason: 'meeting-ended' });
    expect(await ask(dialIn, 'room:open', { meetingId: meeting.id })).toMatchObject({
      code: 'meeting-ended',
    });
    expect(await ask(dialIn, 'phone:join', phone)).toMatchObject({ code: 'conflict' });
    socket.close();
  });
});

describe('a gateway', () => {
  it('gets the same transport for a second room:open, and connects it to loopback only', async () => {
    const meeting = await server.createMeeting();
    const dialIn = await server.gateway('sip-dialin');
    const { socket, opened } = await enter(dialIn, meeting);
    expect(await askGateway(dialIn, 'room:open', { meetingId: meeting.id })).toEqual(opened);
    const far = { transportId: opened.transportId, ip: '203.0.113.7', port: 5000 };
    expect(await ask(dialIn, 'transport:connect', far)).toMatchObject({ code: 'not-built' });
    expect(
      await ask(dialIn, 'transport:connect', { ...far, transportId: 'other', ip: '127.0.0.1' }),
    ).toMatchObject({ code: 'not-found' });
    const release = { meetingId: meeting.id };
    expect(await ask(dialIn, 'room:release', release)).toMatchObject({ ok: true });
    expect(await ask(dialIn, 'room:release', release)).toMatchObject({ ok: true });
    socket.close();
  });

  it('tells sip-dialin of trunks and numbers on connecting, and whenever they change', async () => {
    let recorderTold = false;
    await server.gateway('recorder', (socket) => {
      socket.on('trunks:changed', () => (recorderTold = true));
    });
    const told: TrunksChanged[] = [];
    const dialIn = await server.gateway('sip-dialin', (socket) => {
      socket.on('trunks:changed', (news) => told.push(news));
    });
    await expect
      .poll(() => told)
      .toMatchObject([
        {
          trunks: [{ name: 'loopback', cidrs: ['127.0.0.0/8', '::1/128'], digest: null }],
          numbers: ['+15550100'],
        },
      ]);
    const digest = { username: 'u', password: 'very secret words', realm: 'r' };
    const answer = await server.rest('POST', '/trunks', { name: 'Carrier', digest });
    const { id } = (await answer.json()) as { id: string };
    await expect
      .poll(() => told[1]?.trunks[1])
      .toEqual({
        id,
        name: 'Carrier',
        cidrs: [],
        digest: {
          username: 'u',
          realm: 'r',
          ha1: {
            md5: expect.stringMatching(/^[\da-f]{32}$/) as string,
            sha256: expect.stringMatching(/^[\da-f]{64}$/) as string,
          },
        },
        maxCalls: 100,
        callsPerSecond: 10,
      });
    await server.rest('PATCH', `/trunks/${id}`, { enabled: false });
    await expect.poll(() => told[2]?.trunks.map(({ name }) => name)).toEqual(['loopback']);
    const closed = { number: '+15550100', trunkId: id };
    expect(await ask(dialIn, 'did:resolve', closed)).toMatchObject({ code: 'forbidden' });
    await server.rest('DELETE', `/trunks/${id}`);
    expect(recorderTold).toBe(false);
  });

  it('resolves a DID of one meeting, which knows no PIN, until the meeting has ended', async () => {
    const meeting = await server.createMeeting();
    const wish = { number: '+15550177', meetingId: meeting.id, language: 'de' };
    const { id } = (await (await server.rest('POST', '/dids', wish)).json()) as { id: string };
    const dialIn = await server.gateway('sip-dialin');
    const call = { number: '+15550177', trunkId: await loopbackId() };
    expect(await askGateway(dialIn, 'did:resolve', call)).toEqual(wish);
    const check = { did: '+15550177', pin: meeting.pin, caller: 'three' };
    expect(await ask(dialIn, 'pin:check', check)).toMatchObject({ code: 'did-unknown' });
    await server.rest('DELETE', `/meetings/${meeting.id}`);
    expect(await ask(dialIn, 'did:resolve', call)).toMatchObject({ code: 'meeting-ended' });
    await server.rest('DELETE', `/dids/${id}`);
  });

  it('resolves DIDs and PINs, and a caller who guesses is stopped', async () => {
    const meeting = await server.createMeeting({ title: 'Board' });
    const dialIn = await server.gateway('sip-dialin');
    const trunkId = await loopbackId();
    expect(await askGateway(dialIn, 'did:resolve', { number: '15550100', trunkId })).toEqual({
      number: '+15550100',
      language: 'en',
      meetingId: null,
    });
    expect(await ask(dialIn, 'did:resolve', { number: '+15550199', trunkId })).toMatchObject({
      code: 'did-unknown',
    });
    const check = { did: '+15550100', pin: meeting.pin, caller: 'one' };
    expect(await askGateway(dialIn, 'pin:check', check)).toEqual({
      meetingId: meeting.id,
      title: 'Board',
    });
    const wrong = { ...check, pin: meeting.pin === '000000' ? '000001' : '000000', caller: 'two' };
    for (let tries = 0; tries < 20; tries += 1) {
      expect(await ask(dialIn, 'pin:check', wrong)).toMatchObject({ code: 'pin-wrong' });
    }
    expect(await ask(dialIn, 'pin:check', { ...check, caller: 'two' })).toMatchObject({
      code: 'rate-limited',
    });
    expect(await ask(dialIn, 'pin:check', check)).toMatchObject({ ok: true });
    expect(server.logs.join('')).not.toContain(meeting.pin);
  });

  it('may ask only what its kind asks', async () => {
    const recorder = await server.gateway('recorder');
    expect(await ask(recorder, 'did:resolve', { number: '+15550100', trunkId: '1' })).toMatchObject(
      {
        code: 'forbidden',
      },
    );
  });

  it('two phones of one gateway do not share an SSRC', async () => {
    const meeting = await server.createMeeting();
    const dialIn = await server.gateway('sip-dialin');
    const { socket } = await enter(dialIn, meeting);
    const phone = { meetingId: meeting.id, name: 'Phone', number: '', ssrc: SSRC };
    await askGateway(dialIn, 'phone:join', phone);
    expect(await ask(dialIn, 'phone:join', phone)).toMatchObject({ code: 'bad-request' });
    expect(
      await (await server.rest('GET', `/meetings/${meeting.id}/participants`)).json(),
    ).toHaveLength(1);
    socket.close();
  });
});
