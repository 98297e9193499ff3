import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MeetingView, ParticipantView, RoomState } from '@switchroom/protocol';
import { joinMeeting } from './meetHarness.ts';
import { next, problem, startServer, type Harness } from './serverHarness.ts';

let server: Harness;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

async function patch(path: string, body: object): Promise<MeetingView> {
  const response = await server.rest('PATCH', path, body);
  expect(response.status).toBe(200);
  return (await response.json()) as MeetingView;
}

describe('a meeting', () => {
  it('has a moderator PIN, no lobby and tones, unless it is made otherwise', async () => {
    const plain = await server.createMeeting();
    expect(plain).toMatchObject({
      lobby: false,
      waitForHost: false,
      entry: 'tones',
      locked: false,
      moderatorPin: expect.stringMatching(/^\d{6}$/) as string,
    });
    expect(plain.moderatorPin).not.toBe(plain.pin);
    const wish = { lobby: true, waitForHost: true, entry: 'roll-call' };
    expect(await server.createMeeting(wish)).toMatchObject(wish);
  });

  it('is changed by its owner, field by field, until it has ended', async () => {
    const meeting = await server.createMeeting({ title: 'Board' });
    const url = `/meetings/${meeting.id}`;
    expect(await patch(url, {})).toEqual(meeting);
    const changed = { ...meeting, title: 'Council', recording: 'off', entry: 'none' };
    const { title, recording, entry } = changed;
    expect(await patch(url, { title, recording, entry })).toEqual(changed);
    expect(await (await server.rest('GET', url)).json()).toEqual(changed);
    expect(await problem(await server.rest('PATCH', url, { locked: true }))).toEqual({
      status: 409,
      code: 'conflict',
    });
    expect(await problem(await server.rest('PATCH', url, { lobby: 'yes' }))).toEqual({
      status: 400,
      code: 'bad-request',
    });
    await server.rest('DELETE', url);
    expect(await problem(await server.rest('PATCH', url, { title: 'Late' }))).toEqual({
      status: 410,
      code: 'meeting-ended',
    });
    expect(await problem(await server.rest('PATCH', '/meetings/unknown', {}))).toEqual({
      status: 404,
      code: 'not-found',
    });
  });

  it('that is live is changed for those who are in it: lobby and lock', async () => {
    const meeting = await server.createMeeting();
    const url = `/meetings/${meeting.id}`;
    const ann = await joinMeeting(server, meeting, 'Ann');
    await patch(url, { lobby: true });
    const bob = await joinMeeting(server, meeting, 'Bob');
    expect(bob.room.participants).toMatchObject([{ name: 'Bob', state: 'lobby' }]);
    const admitted = next<RoomState>(bob.socket, 'room:admitted');
    const locked = next(ann.socket, 'room:changed');
    expect(await patch(url, { lobby: false, locked: true })).toMatchObject({
      lobby: false,
      locked: true,
      live: true,
    });
    expect((await admitted).participants).toHaveLength(2);
    expect(await locked).toEqual({ locked: true });
    expect(await (await server.rest('GET', url)).json()).toMatchObject({ locked: true });
    for (const { socket } of [ann, bob]) socket.disconnect();
  });

  it('is live while somebody waits in its lobby', async () => {
    const meeting = await server.createMeeting({ lobby: true });
    const { socket } = await joinMeeting(server, meeting, 'Ann');
    const get = async (): Promise<unknown> =>
      (await server.rest('GET', `/meetings/${meeting.id}`)).json();
    expect(await get()).toMatchObject({ live: true });
    socket.disconnect();
    await expect.poll(get).toMatchObject({ live: false });
  });

  it('that is recorded no more by its new policy is told so', async () => {
    const recorder = await server.gateway('recorder', (socket) => {
      socket.on('recording:start', (_request, ack) => ack({ ok: true, value: {} }));
      socket.on('recording:stop', (_request, ack) => ack({ ok: true, value: {} }));
    });
    const meeting = await server.createMeeting({ recording: 'off' });
    const { socket } = await joinMeeting(server, meeting, 'Ann');
    const on = next(socket, 'recording:changed');
    await patch(`/meetings/${meeting.id}`, { recording: 'always' });
    expect(await on).toMatchObject({ recording: true, paused: false });
    const off = next(socket, 'recording:changed');
    const stopped = next(recorder, 'recording:stop');
    await patch(`/meetings/${meeting.id}`, { recording: 'off' });
    expect(await off).toMatchObject({ recording: false, paused: false });
    await stopped;
    for (const one of [socket, recorder]) one.disconnect();
  });
});

describe('participants', () => {
  it('are let in, renamed, muted, asked and put out by the owner', async () => {
    const meeting = await server.createMeeting({ lobby: true });
    const { socket, room } = await joinMeeting(server, meeting, 'Ann');
    const { participantId } = room;
    const url = `/meetings/${meeting.id}/participants/${participantId}`;
    const admitted = next(socket, 'room:admitted');
    expect(await patch(url, { admitted: true, name: 'Anna', muted: true })).toMatchObject({
      id: participantId,
      name: 'Anna',
      muted: true,
      state: 'connecting',
      audio: 'browser',
      quality: null,
    });
    await admitted;
    const asked = next(socket, 'participant:unmuteAsked');
    expect(await patch(url, { muted: false, handRaised: false })).toMatchObject({ muted: true });
    expect(await asked).toEqual({ by: 'Host' });
    expect(await problem(await server.rest('PATCH', url, { admitted: false }))).toMatchObject({
      code: 'bad-request',
    });
    const left = next(socket, 'participant:left');
    expect((await server.rest('DELETE', url)).status).toBe(204);
    expect(await left).toEqual({ participantId, reason: 'removed' });
    for (const method of ['PATCH', 'DELETE']) {
      const answer = await server.rest(method, url, method === 'PATCH' ? {} : undefined);
      expect(await problem(answer)).toEqual({ status: 404, code: 'not-found' });
    }
    socket.disconnect();
  });

  it('are muted all at once, but for hosts', async () => {
    const meeting = await server.createMeeting();
    const url = `/meetings/${meeting.id}`;
    expect((await server.rest('POST', `${url}/mute-all`)).status).toBe(204);
    const host = await joinMeeting(server, meeting, 'Hal', { sessionToken: server.token });
    const guest = await joinMeeting(server, meeting, 'Gus');
    expect((await server.rest('POST', `${url}/mute-all`)).status).toBe(204);
    const people = (await (
      await server.rest('GET', `${url}/participants`)
    ).json()) as ParticipantView[];
    expect(people.map(({ muted }) => muted)).toEqual([false, true]);
    for (const { socket } of [host, guest]) socket.disconnect();
  });

  it.each([
    ['PATCH', ''],
    ['PATCH', '/participants/any'],
    ['DELETE', '/participants/any'],
    ['POST', '/mute-all'],
  ])('%s %s is for signed-in users only', async (method, path) => {
    const { id } = await server.createMeeting();
    const answer = await server.rest(method, `/meetings/${id}${path}`, {}, 'nobody');
    expect(await problem(answer)).toEqual({ status: 401, code: 'unauthenticated' });
  });
});
