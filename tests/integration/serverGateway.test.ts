import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrunksChanged, TrunkView } from '@switchroom/protocol';
import { enter, SSRC } from './gatewayHarness.ts';
import { joinMeeting } from './meetHarness.ts';
import { ask, askGateway, startServer, type Harness } from './serverHarness.ts';

let server: Harness;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

async function loopbackId(): Promise<string> {
  const trunks = (await (await server.rest('GET', '/trunks')).json()) as TrunkView[];
  return trunks.find(({ name }) => name === 'loopback')!.id;
}

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

  it('is told whether anybody else is there to hear its phones: a browser, the lobby, a recorder', async () => {
    const meeting = await server.createMeeting({ lobby: true });
    const dialIn = await server.gateway('sip-dialin');
    const told: boolean[] = [];
    dialIn.on('room:audience', ({ meetingId, others }) => {
      expect(meetingId).toBe(meeting.id);
      told.push(others);
    });
    const { socket } = await enter(dialIn, meeting);
    await expect.poll(() => told).toEqual([false]);
    const guest = await joinMeeting(server, meeting, 'Gus');
    await expect.poll(() => told).toEqual([false, true]);
    const host = await joinMeeting(server, meeting, 'Hal', { sessionToken: server.token });
    guest.socket.disconnect();
    const recorder = await server.gateway('recorder');
    await askGateway(recorder, 'room:open', { meetingId: meeting.id });
    host.socket.disconnect();
    const phone = { meetingId: meeting.id, name: 'Phone', number: '', ssrc: SSRC };
    await askGateway(dialIn, 'phone:join', phone);
    expect(told).toEqual([false, true]);
    recorder.disconnect();
    await expect.poll(() => told).toEqual([false, true, false]);
    dialIn.disconnect();
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
        srtp: 'optional',
        clientCertificate: false,
        outbound: null,
      });
    await server.rest('PATCH', `/trunks/${id}`, { enabled: false });
    await expect.poll(() => told[2]?.trunks.map(({ name }) => name)).toEqual(['loopback']);
    const closed = { number: '+15550100', trunkId: id };
    expect(await ask(dialIn, 'did:resolve', closed)).toMatchObject({ code: 'forbidden' });
    await server.rest('DELETE', `/trunks/${id}`);
    expect(recorderTold).toBe(false);
  });

  it('resolves a DID of one meeting, which knows no PIN, until the meeting has ended', async () => {
    const meeting = await server.createMeeting({ entry: 'roll-call' });
    const wish = { number: '+15550177', meetingId: meeting.id, language: 'de' };
    const { id } = (await (await server.rest('POST', '/dids', wish)).json()) as { id: string };
    const dialIn = await server.gateway('sip-dialin');
    const call = { number: '+15550177', trunkId: await loopbackId() };
    expect(await askGateway(dialIn, 'did:resolve', call)).toEqual({ ...wish, entry: 'roll-call' });
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
      entry: 'none',
    });
    expect(await ask(dialIn, 'did:resolve', { number: '+15550199', trunkId })).toMatchObject({
      code: 'did-unknown',
    });
    const check = { did: '+15550100', pin: meeting.pin, caller: 'one' };
    expect(await askGateway(dialIn, 'pin:check', check)).toEqual({
      meetingId: meeting.id,
      title: 'Board',
      role: 'participant',
      entry: 'tones',
    });
    const moderator = { ...check, pin: meeting.moderatorPin };
    expect(await askGateway(dialIn, 'pin:check', moderator)).toMatchObject({
      meetingId: meeting.id,
      role: 'host',
    });
    const pins = [meeting.pin, meeting.moderatorPin];
    const free = ['000000', '000001', '000002'].find((pin) => !pins.includes(pin))!;
    const wrong = { ...check, pin: free, caller: 'two' };
    for (let tries = 0; tries < 20; tries += 1) {
      expect(await ask(dialIn, 'pin:check', wrong)).toMatchObject({ code: 'pin-wrong' });
    }
    expect(await ask(dialIn, 'pin:check', { ...check, caller: 'two' })).toMatchObject({
      code: 'rate-limited',
    });
    expect(await ask(dialIn, 'pin:check', check)).toMatchObject({ ok: true });
    expect(server.logs.join('')).not.toContain(meeting.pin);
    expect(server.logs.join('')).not.toContain(meeting.moderatorPin);
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
