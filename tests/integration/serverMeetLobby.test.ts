import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MeetingView, ParticipantView, RoomState } from '@switchroom/protocol';
import { joinMeeting, opus } from './meetHarness.ts';
import { ask, askMeet, next, startServer, type Harness } from './serverHarness.ts';

let server: Harness;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

type Browser = Awaited<ReturnType<typeof joinMeeting>>;
const asHost = () => ({ sessionToken: server.token });

describe('the lobby for browsers', () => {
  const people = async (meeting: MeetingView): Promise<ParticipantView[]> => {
    const answer = await server.rest('GET', `/meetings/${meeting.id}/participants`);
    return (await answer.json()) as ParticipantView[];
  };
  const produce = (browser: Browser, ssrc: number): Promise<unknown> =>
    ask(browser.socket, 'producer:create', {
      transportId: browser.room.sendTransport.id,
      kind: 'audio',
      rtpParameters: opus(ssrc),
      muted: false,
    });

  it('shows nothing of the room and lets no sound through, until a host lets one in', async () => {
    const meeting = await server.createMeeting({ lobby: true });
    const host = await joinMeeting(server, meeting, 'Hal', asHost());
    expect(await produce(host, 1)).toMatchObject({ ok: true });
    const comes = next<ParticipantView>(host.socket, 'participant:joined');
    const guest = await joinMeeting(server, meeting, 'Gus');
    const { participantId } = guest.room;
    expect(await comes).toMatchObject({ id: participantId, state: 'lobby' });
    expect(guest.room).toMatchObject({
      participants: [{ id: participantId, state: 'lobby' }],
      calls: [],
      locked: false,
      recording: false,
    });
    const news: string[] = [];
    guest.socket.onAny((event: string) => news.push(event));
    guest.socket.on('consumer:created', (_news, ack) => ack({ ok: true, value: {} }));
    expect(await produce(guest, 2)).toMatchObject({ ok: false, code: 'forbidden' });
    // Things happen that everybody in the room is told of.
    await askMeet(host.socket, 'participant:setHandRaised', { handRaised: true });
    await askMeet(host.socket, 'room:setLocked', { locked: true });
    const second = await joinMeeting(server, meeting, 'Second host', asHost());
    expect(await people(meeting)).toMatchObject([{}, { name: 'Gus', state: 'lobby' }, {}]);
    await askMeet(guest.socket, 'participant:setHandRaised', { handRaised: false });
    expect(news).toEqual([]);

    const [admitted, hears] = [
      next<RoomState>(guest.socket, 'room:admitted'),
      next(guest.socket, 'consumer:created'),
    ];
    await askMeet(second.socket, 'participant:admit', { participantId });
    expect(await admitted).toMatchObject({
      participants: [{ name: 'Hal' }, { id: participantId, state: 'connecting' }, {}],
      locked: true,
    });
    expect(await hears).toMatchObject({ participantId: host.room.participantId });
    expect(news[0]).toBe('room:admitted');
    const heard = next(host.socket, 'consumer:created');
    expect(await produce(guest, 3)).toMatchObject({ ok: true });
    expect(await heard).toMatchObject({ participantId });
    for (const { socket } of [host, guest, second]) socket.disconnect();
  });

  it('is told to nobody but hosts, and outlives those who were in', async () => {
    const meeting = await server.createMeeting({ lobby: true });
    const host = await joinMeeting(server, meeting, 'Hal', asHost());
    const guest = await joinMeeting(server, meeting, 'Gus');
    const admitted = next(guest.socket, 'room:admitted');
    await askMeet(host.socket, 'room:admitAll', {});
    await admitted;
    const news: string[] = [];
    guest.socket.onAny((event: string) => news.push(event));
    const late = await joinMeeting(server, meeting, 'Lea');
    const left = next(host.socket, 'participant:left');
    const told = next(late.socket, 'participant:left');
    await askMeet(host.socket, 'participant:remove', { participantId: late.room.participantId });
    expect(await left).toMatchObject({ reason: 'removed' });
    expect(await told).toMatchObject({ reason: 'removed' });
    const again = await joinMeeting(server, meeting, 'Lea');
    await askMeet(guest.socket, 'participant:setMuted', { muted: true });
    expect(news).toEqual([]);
    for (const { socket } of [host, guest]) await askMeet(socket, 'room:leave', {});
    expect(await people(meeting)).toMatchObject([{ name: 'Lea', state: 'lobby' }]);
    again.socket.disconnect();
    await expect.poll(() => people(meeting)).toEqual([]);
    for (const { socket } of [host, guest, late]) socket.disconnect();
  });

  it('is not for one who was let in, and comes back after a lost connection; not even a lock is', async () => {
    const meeting = await server.createMeeting({ lobby: true });
    const host = await joinMeeting(server, meeting, 'Hal', asHost());
    const guest = await joinMeeting(server, meeting, 'Gus');
    expect(guest.room.resumeToken).toBeNull();
    const admitted = next<RoomState>(guest.socket, 'room:admitted');
    await askMeet(host.socket, 'room:admitAll', {});
    const { resumeToken } = await admitted;
    if (resumeToken === null) throw new Error('no token');
    await askMeet(host.socket, 'room:setLocked', { locked: true });
    guest.socket.disconnect();
    const again = await joinMeeting(server, meeting, 'Gus', { resumeToken });
    expect(again.room.participants).toMatchObject([{ name: 'Hal' }, { state: 'connecting' }]);
    // Put out, they are out.
    const { participantId } = again.room;
    await askMeet(host.socket, 'participant:remove', { participantId });
    const wish = { resumeToken: again.room.resumeToken ?? '' };
    await expect(joinMeeting(server, meeting, 'Gus', wish)).rejects.toMatchObject({
      code: 'meeting-locked',
    });
    for (const { socket } of [host, guest, again]) socket.disconnect();
  });

  it('where a host is waited for, everybody is let in as one comes', async () => {
    const meeting = await server.createMeeting({ waitForHost: true });
    const guest = await joinMeeting(server, meeting, 'Gus');
    expect(guest.room.participants).toMatchObject([{ name: 'Gus', state: 'lobby' }]);
    const admitted = next<RoomState>(guest.socket, 'room:admitted');
    const host = await joinMeeting(server, meeting, 'Hal', asHost());
    expect((await admitted).participants).toHaveLength(2);
    expect(host.room.participants).toMatchObject([{ state: 'connecting' }, { name: 'Hal' }]);
    for (const { socket } of [host, guest]) socket.disconnect();
  });

  it('is not recorded, however long somebody waits', async () => {
    const meeting = await server.createMeeting({ lobby: true, recording: 'always' });
    const starts: string[] = [];
    const stops: string[] = [];
    const recorder = await server.gateway('recorder', (socket) => {
      socket.on('recording:start', ({ recordingId }, ack) => {
        starts.push(recordingId);
        ack({ ok: true, value: {} });
      });
      socket.on('recording:stop', ({ recordingId }, ack) => {
        stops.push(recordingId);
        ack({ ok: true, value: {} });
      });
    });
    const guest = await joinMeeting(server, meeting, 'Gus');
    const host = await joinMeeting(server, meeting, 'Hal', asHost());
    await expect.poll(() => starts).toHaveLength(1);
    expect(guest.room.recording).toBe(false);
    await askMeet(host.socket, 'room:leave', {});
    await expect.poll(() => stops).toEqual(starts);
    for (const socket of [host.socket, guest.socket, recorder]) socket.disconnect();
  });
});
