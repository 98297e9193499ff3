import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Socket } from 'socket.io-client';
import type { MeetingView, ParticipantView, RoomState } from '@switchroom/protocol';
import { joinMeeting } from './meetHarness.ts';
import { ask, askMeet, joinTokenOf, next, startServer, type Harness } from './serverHarness.ts';

let server: Harness;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

type Browser = Awaited<ReturnType<typeof joinMeeting>>;
const asHost = () => ({ sessionToken: server.token });
/** The next `participant:updated` about somebody for which this holds. */
function updated(
  { socket }: Browser,
  holds: (participant: ParticipantView) => boolean,
): Promise<ParticipantView> {
  return new Promise((resolve) => {
    const listener = (participant: ParticipantView): void => {
      if (!holds(participant)) return;
      socket.off('participant:updated', listener);
      resolve(participant);
    };
    socket.on('participant:updated', listener);
  });
}

describe('what hosts may', () => {
  let meeting: MeetingView;
  let [host, guest, other]: Browser[] = [];

  beforeEach(async () => {
    meeting = await server.createMeeting();
    host = await joinMeeting(server, meeting, 'Hal', asHost());
    guest = await joinMeeting(server, meeting, 'Gus');
    other = await joinMeeting(server, meeting, 'Oda');
    return () => {
      for (const browser of [host, guest, other]) browser?.socket.disconnect();
    };
  });

  it.each([
    ['participant:admit', true],
    ['room:admitAll', false],
    ['participant:remove', true],
    ['participant:rename', true],
    ['participant:mute', true],
    ['room:muteAll', false],
    ['participant:askUnmute', true],
    ['participant:lowerHand', true],
    ['room:setLocked', false],
  ])('%s is forbidden for anybody else', async (event, aboutSomebody) => {
    const { participantId } = other!.room;
    const payload = { participantId, name: 'X', locked: true };
    const socket = guest!.socket as unknown as Socket;
    expect(await ask(socket, event, payload)).toMatchObject({ ok: false, code: 'forbidden' });
    const people = await server.rest('GET', `/meetings/${meeting.id}/participants`);
    expect(((await people.json()) as ParticipantView[])[2]).toMatchObject({
      name: 'Oda',
      muted: false,
    });
    if (!aboutSomebody) return;
    const unknown = { participantId: 'unknown', name: 'X' };
    expect(await ask(host!.socket as unknown as Socket, event, unknown)).toMatchObject({
      code: 'not-found',
    });
  });

  it('mute one, who may unmute alone, and ask one to', async () => {
    const { participantId } = guest!.room;
    const muted = updated(guest!, ({ id }) => id === participantId);
    const seen = updated(host!, ({ id }) => id === participantId);
    await askMeet(host!.socket, 'participant:mute', { participantId });
    expect(await muted).toMatchObject({ muted: true });
    expect(await seen).toMatchObject({ muted: true });
    const asked = next(guest!.socket, 'participant:unmuteAsked');
    await askMeet(host!.socket, 'participant:askUnmute', { participantId });
    expect(await asked).toEqual({ by: 'Hal' });
    const unmuted = updated(host!, ({ muted: isMuted }) => !isMuted);
    await askMeet(guest!.socket, 'participant:setMuted', { muted: false });
    expect(await unmuted).toMatchObject({ id: participantId });
  });

  it('mute everybody, and lower a hand', async () => {
    await askMeet(other!.socket, 'participant:setHandRaised', { handRaised: true });
    await askMeet(host!.socket, 'room:muteAll', {});
    await askMeet(host!.socket, 'participant:lowerHand', {
      participantId: other!.room.participantId,
    });
    const people = await server.rest('GET', `/meetings/${meeting.id}/participants`);
    expect(await people.json()).toMatchObject([
      { name: 'Hal', muted: false },
      { name: 'Gus', muted: true },
      { name: 'Oda', muted: true, handRaised: false },
    ]);
  });

  it('name others; everybody names themselves', async () => {
    const renamed = updated(other!, ({ name }) => name === 'Gustav');
    await askMeet(host!.socket, 'participant:rename', {
      participantId: guest!.room.participantId,
      name: ' Gustav ',
    });
    expect(await renamed).toMatchObject({ id: guest!.room.participantId });
    const own = updated(host!, ({ name }) => name === 'Gus W.');
    await askMeet(guest!.socket, 'participant:rename', {
      participantId: guest!.room.participantId,
      name: 'Gus W.',
    });
    await own;
  });

  it('put somebody out, who is told, and who waits for a host when they come again', async () => {
    const { participantId, resumeToken } = guest!.room;
    const [told, seen] = [
      next(guest!.socket, 'participant:left'),
      next(other!.socket, 'participant:left'),
    ];
    await askMeet(host!.socket, 'participant:remove', { participantId });
    expect(await told).toEqual({ participantId, reason: 'removed' });
    expect(await seen).toEqual({ participantId, reason: 'removed' });
    const again = await joinMeeting(server, meeting, 'Gus', { resumeToken: resumeToken! });
    const view = { id: again.room.participantId, state: 'lobby' };
    expect(again.room.participants).toEqual([expect.objectContaining(view)]);
    const admitted = next<RoomState>(again.socket, 'room:admitted');
    await askMeet(host!.socket, 'participant:admit', { participantId: view.id });
    expect((await admitted).resumeToken).not.toBeNull();
    again.socket.disconnect();
  });

  it('put somebody out, who comes again in another tab: there is a lobby for them alone', async () => {
    const browserId = 'a secret of this browser';
    const first = await joinMeeting(server, meeting, 'Mal', { browserId });
    await askMeet(host!.socket, 'participant:remove', {
      participantId: first.room.participantId,
    });
    // What is told to all is not told of those who wait.
    const seen = next<ParticipantView>(host!.socket, 'participant:joined');
    const again = await joinMeeting(server, meeting, 'Somebody else', { browserId });
    const id = again.room.participantId;
    expect(await seen).toMatchObject({ id, state: 'lobby', wasRemoved: true });
    expect(again.room).toMatchObject({ resumeToken: null, participants: [{ id, state: 'lobby' }] });
    const stranger = await joinMeeting(server, meeting, 'Ann', {
      browserId: 'that of another one',
    });
    expect(stranger.room.resumeToken).not.toBeNull();
    await askMeet(host!.socket, 'participant:admit', { participantId: id });
    again.socket.disconnect();
    const third = await joinMeeting(server, meeting, 'Mal', { browserId });
    expect(third.room.resumeToken).not.toBeNull();
    for (const one of [stranger.socket, third.socket]) one.disconnect();
    // Nothing of it is kept that could be used.
    expect(server.logs.join('')).not.toContain(browserId);
  });

  it('lock the meeting: hosts come in, others do not until it is unlocked', async () => {
    const changed = next(guest!.socket, 'room:changed');
    await askMeet(host!.socket, 'room:setLocked', { locked: true });
    expect(await changed).toEqual({ locked: true });
    const socket = (await server.meet()) as unknown as Socket;
    const wish = { joinToken: joinTokenOf(meeting), name: 'Late', rtpCapabilities: {} };
    expect(await ask(socket, 'room:join', wish)).toMatchObject({ code: 'meeting-locked' });
    const second = await joinMeeting(server, meeting, 'Second host', asHost());
    expect(second.room.locked).toBe(true);
    await askMeet(second.socket, 'room:setLocked', { locked: false });
    expect(await ask(socket, 'room:join', wish)).toMatchObject({ ok: true });
    for (const one of [second.socket, socket]) one.disconnect();
  });
});
