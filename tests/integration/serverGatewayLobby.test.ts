import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MeetingView, ParticipantView } from '@switchroom/protocol';
import { enter, enterListening, speak, SSRC } from './gatewayHarness.ts';
import { joinMeeting } from './meetHarness.ts';
import {
  ask,
  askGateway,
  askMeet,
  next,
  startServer,
  type GatewaySocket,
  type Harness,
} from './serverHarness.ts';

let server: Harness;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const VOICE_OF_GUEST = Buffer.from('Hguest');
const VOICE_OF_HOST = Buffer.from('Hhost');
/** Enough that one packet would have come through, had it been let. */
const PACKETS = 50;

async function joinPhone(
  gateway: GatewaySocket,
  meeting: MeetingView,
  phone: { ssrc: number; role?: 'host'; number?: string; returns?: string },
) {
  const { id: meetingId } = meeting;
  const { number = '' } = phone;
  const name = number === '' ? 'Phone' : number;
  return askGateway(gateway, 'phone:join', { meetingId, name, number, ...phone });
}

/** A phone over a gateway of its own, that speaks and listens. */
async function speakingPhone(
  meeting: MeetingView,
  { ssrc, payload, role }: { ssrc: number; payload: Buffer; role?: 'host' },
) {
  const gateway = await server.gateway('sip-dialin');
  const sent: number[] = [];
  const { socket, opened, heard } = await enterListening(gateway, meeting);
  const send = socket.send.bind(socket) as (...args: unknown[]) => void;
  socket.send = ((...args: unknown[]) => {
    sent.push(ssrc);
    send(...args);
  }) as typeof socket.send;
  const joined = await joinPhone(gateway, meeting, { ssrc, ...(role && { role }) });
  const stop = speak(socket, opened, { ssrc, payload });
  const close = (): void => {
    stop();
    gateway.disconnect();
    socket.close();
  };
  return { gateway, joined, heard, sent, close };
}

describe('the lobby for phones', () => {
  it('not one packet of RTP goes in or out of it, until the phone is let in', async () => {
    const meeting = await server.createMeeting({ lobby: true });
    const recorder = await server.gateway('recorder');
    const { socket: ear, heard: recorded } = await enterListening(recorder, meeting);
    const host = await speakingPhone(meeting, { ssrc: 1, payload: VOICE_OF_HOST, role: 'host' });
    const guest = await speakingPhone(meeting, { ssrc: 2, payload: VOICE_OF_GUEST });
    expect(host.joined.participant).toMatchObject({ state: 'joined', role: 'host' });
    expect(guest.joined.participant).toMatchObject({ state: 'lobby', role: 'participant' });

    await expect.poll(() => recorded.length, { timeout: 5000 }).toBeGreaterThan(PACKETS);
    await expect.poll(() => guest.sent.length).toBeGreaterThan(PACKETS);
    expect(recorded).not.toContain(VOICE_OF_GUEST.toString());
    expect([host.heard, guest.heard]).toEqual([[], []]);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/switchroom_lobby 1/);

    const letIn = next<{ participant: ParticipantView }>(guest.gateway, 'participant:updated');
    const { participantId } = host.joined;
    const asked = { meetingId: meeting.id, participantId };
    expect(await askGateway(host.gateway, 'room:admitAll', asked)).toEqual({ admitted: 1 });
    expect((await letIn).participant).toMatchObject({
      id: guest.joined.participantId,
      state: 'joined',
    });
    await expect.poll(() => host.heard).toContain(VOICE_OF_GUEST.toString());
    await expect.poll(() => guest.heard).toContain(VOICE_OF_HOST.toString());
    await expect.poll(() => recorded).toContain(VOICE_OF_GUEST.toString());
    for (const { close } of [host, guest]) close();
    recorder.disconnect();
    ear.close();
  });

  it('is seen by hosts only, and told to gateways as a number', async () => {
    const meeting = await server.createMeeting({ lobby: true });
    const host = await joinMeeting(server, meeting, 'Hal', { sessionToken: server.token });
    const [one, two] = [await server.gateway('sip-dialin'), await server.gateway('sip-dialin')];
    const news: string[] = [];
    two.on('participant:joined', () => news.push('joined'));
    two.on('participant:left', () => news.push('left'));
    const [phone, other] = [await enter(one, meeting), await enter(two, meeting)];
    const [seen, waiting] = [next(host.socket, 'participant:joined'), next(two, 'room:changed')];
    const { participantId } = await joinPhone(one, meeting, { ssrc: 1 });
    expect(await seen).toMatchObject({ id: participantId, kind: 'phone', state: 'lobby' });
    expect(await waiting).toEqual({
      meetingId: meeting.id,
      locked: false,
      recording: false,
      paused: false,
      waiting: 1,
    });
    expect(
      await ask(one, 'phone:join', {
        meetingId: meeting.id,
        name: 'Twin',
        number: '',
        ssrc: 1,
      }),
    ).toMatchObject({ code: 'bad-request' });

    const left = next(one, 'participant:left');
    await askMeet(host.socket, 'participant:remove', { participantId });
    expect(await left).toEqual({ meetingId: meeting.id, participantId, reason: 'removed' });
    expect(await askGateway(two, 'participant:count', { meetingId: meeting.id })).toEqual({
      participants: 1,
    });
    expect(news).toEqual([]);
    for (const socket of [one, two, host.socket]) socket.disconnect();
    for (const { socket } of [phone, other]) socket.close();
  });

  it('is for each phone of a gateway by itself: those that are in go on', async () => {
    const meeting = await server.createMeeting({ lobby: true });
    const host = await joinMeeting(server, meeting, 'Hal', { sessionToken: server.token });
    const gateway = await server.gateway('sip-dialin');
    const { socket } = await enter(gateway, meeting);
    const first = await joinPhone(gateway, meeting, { ssrc: 1 });
    const second = await joinPhone(gateway, meeting, { ssrc: 2 });
    const updated = next<{ participant: ParticipantView }>(gateway, 'participant:updated');
    await askMeet(host.socket, 'participant:admit', { participantId: first.participantId });
    expect((await updated).participant.id).toBe(first.participantId);
    const people = await server.rest('GET', `/meetings/${meeting.id}/participants`);
    expect(await people.json()).toMatchObject([
      { name: 'Hal' },
      { id: first.participantId, state: 'joined' },
      { id: second.participantId, state: 'lobby' },
    ]);
    host.socket.disconnect();
    gateway.disconnect();
    socket.close();
  });
});

describe('a moderator by phone', () => {
  it('lets in everybody who waits for a host, locks, mutes all, and starts the recording', async () => {
    const meeting = await server.createMeeting({ waitForHost: true, entry: 'none' });
    let stopped = false;
    const recorder = await server.gateway('recorder', (socket) => {
      socket.on('recording:start', (_request, ack) => ack({ ok: true, value: {} }));
      socket.on('recording:stop', (_request, ack) => {
        stopped = true;
        ack({ ok: true, value: {} });
      });
    });
    const dialIn = await server.gateway('sip-dialin');
    const { socket } = await enter(dialIn, meeting);
    const guest = await joinPhone(dialIn, meeting, { ssrc: 1 });
    const moderator = await joinPhone(dialIn, meeting, { ssrc: 2, role: 'host' });
    expect(guest).toMatchObject({ participant: { state: 'lobby' }, entry: 'none', locked: false });
    expect(moderator).toMatchObject({ participant: { state: 'joined' }, recording: false });
    const asked = { meetingId: meeting.id, participantId: moderator.participantId };

    const changed = next(dialIn, 'room:changed');
    expect(await askGateway(dialIn, 'room:toggleLock', asked)).toEqual({ locked: true });
    expect(await changed).toMatchObject({ locked: true, recording: false, waiting: 0 });
    const late = { meetingId: meeting.id, name: 'Late', number: '', ssrc: 3 };
    expect(await ask(dialIn, 'phone:join', late)).toMatchObject({ code: 'meeting-locked' });
    expect(await askGateway(dialIn, 'room:toggleLock', asked)).toEqual({ locked: false });

    const muted = next(dialIn, 'participant:updated');
    await askGateway(dialIn, 'room:muteAll', asked);
    expect(await muted).toMatchObject({ participant: { id: guest.participantId, muted: true } });

    expect(await askGateway(dialIn, 'room:toggleRecording', asked)).toEqual({ recording: true });
    expect(await askGateway(dialIn, 'room:toggleRecording', asked)).toEqual({ recording: false });
    await expect.poll(() => stopped).toBe(true);
    for (const one of [recorder, dialIn]) one.disconnect();
    socket.close();
  });

  it.each(['room:toggleLock', 'room:toggleRecording', 'room:muteAll', 'room:admitAll'])(
    '%s is forbidden for phones that are no moderators, and for other gateways',
    async (event) => {
      const meeting = await server.createMeeting({ recording: 'off' });
      const dialIn = await server.gateway('sip-dialin');
      const { socket } = await enter(dialIn, meeting);
      const { participantId } = await joinPhone(dialIn, meeting, { ssrc: 1 });
      const asked = { meetingId: meeting.id, participantId };
      expect(await ask(dialIn, event, asked)).toMatchObject({ code: 'forbidden' });
      expect(await ask(dialIn, event, { ...asked, participantId: 'unknown' })).toMatchObject({
        code: 'not-found',
      });
      const recorder = await server.gateway('recorder');
      expect(await ask(recorder, event, asked)).toMatchObject({ code: 'forbidden' });
      const host = await joinPhone(dialIn, meeting, { ssrc: 2, role: 'host' });
      const answer = await ask(dialIn, event, { ...asked, participantId: host.participantId });
      expect(answer).toMatchObject(
        event === 'room:toggleRecording' ? { code: 'recording-off' } : { ok: true },
      );
      for (const one of [recorder, dialIn]) one.disconnect();
      socket.close();
    },
  );
});

describe('what others do to a phone', () => {
  it('is told to its gateway: renamed, muted, asked to unmute, put out', async () => {
    const meeting = await server.createMeeting();
    const host = await joinMeeting(server, meeting, 'Hal', { sessionToken: server.token });
    const dialIn = await server.gateway('sip-dialin');
    const { socket } = await enter(dialIn, meeting);
    const { participantId } = await joinPhone(dialIn, meeting, { ssrc: SSRC });
    const news = async (what: string, request: () => Promise<unknown>): Promise<unknown> => {
      const told = next(dialIn, what);
      await request();
      return told;
    };
    const { id: meetingId } = meeting;
    expect(
      await news('participant:updated', () =>
        askMeet(host.socket, 'participant:rename', { participantId, name: 'Tante Ida' }),
      ),
    ).toMatchObject({ participant: { name: 'Tante Ida', muted: false } });
    expect(
      await news('participant:updated', () =>
        askMeet(host.socket, 'participant:mute', { participantId }),
      ),
    ).toMatchObject({ participant: { id: participantId, muted: true } });
    expect(
      await news('phone:unmuteAsked', () =>
        askMeet(host.socket, 'participant:askUnmute', { participantId }),
      ),
    ).toEqual({ meetingId, participantId });
    expect(
      await news('participant:left', () =>
        askMeet(host.socket, 'participant:remove', { participantId }),
      ),
    ).toEqual({ meetingId, participantId, reason: 'removed' });
    for (const one of [host.socket, dialIn]) one.disconnect();
    socket.close();
  });

  it('put out, it waits when it calls again from the same number, and no other does', async () => {
    const meeting = await server.createMeeting();
    const host = await joinMeeting(server, meeting, 'Hal', { sessionToken: server.token });
    const dialIn = await server.gateway('sip-dialin');
    const { socket } = await enter(dialIn, meeting);
    const call = (ssrc: number, number: string) => joinPhone(dialIn, meeting, { ssrc, number });
    const first = await call(1, '+15550123');
    const gone = next(dialIn, 'participant:left');
    await askMeet(host.socket, 'participant:remove', { participantId: first.participantId });
    await gone;
    const seen = next<ParticipantView>(host.socket, 'participant:joined');
    const again = await call(2, '+15550123');
    expect(await seen).toMatchObject({ id: again.participantId, wasRemoved: true });
    const others = [await call(3, '+15550124'), await call(4, '')];
    expect([again, ...others].map(({ participant }) => participant.state)).toEqual([
      'lobby',
      'joined',
      'joined',
    ]);
    const admitted = next<{ participant: ParticipantView }>(dialIn, 'participant:updated');
    await askMeet(host.socket, 'participant:admit', { participantId: again.participantId });
    const { participant } = await admitted;
    expect(participant).toMatchObject({ id: again.participantId, state: 'joined' });
    expect(participant).not.toHaveProperty('wasRemoved');
    for (const one of [host.socket, dialIn]) one.disconnect();
    socket.close();
  });

  it('its quality is seen in steps, and only when it changes', async () => {
    const meeting = await server.createMeeting();
    const host = await joinMeeting(server, meeting, 'Hal', { sessionToken: server.token });
    const dialIn = await server.gateway('sip-dialin');
    const { socket } = await enter(dialIn, meeting);
    const { participantId } = await joinPhone(dialIn, meeting, { ssrc: SSRC });
    const seen: (number | null)[] = [];
    host.socket.on('participant:updated', ({ quality }) => seen.push(quality));
    for (const mos of [4.4, 4.3, 5, 2.2]) {
      const quality = { mos, loss: 0, jitterMs: 3, roundTripMs: null };
      await askGateway(dialIn, 'phone:quality', {
        meetingId: meeting.id,
        participantId,
        ...quality,
      });
    }
    await expect.poll(() => seen).toEqual([4.5, 2]);
    for (const one of [host.socket, dialIn]) one.disconnect();
    socket.close();
  });

  it('its number is shown as the owner says meanwhile, unless a host named it', async () => {
    const meeting = await server.createMeeting({ numberPrivacy: 'whole' });
    const dialIn = await server.gateway('sip-dialin');
    const { socket } = await enter(dialIn, meeting);
    const [one, two] = [
      await joinPhone(dialIn, meeting, { ssrc: 1, number: '+15550001111' }),
      await joinPhone(dialIn, meeting, { ssrc: 2, number: '+15550002222' }),
    ];
    const url = `/meetings/${meeting.id}`;
    await server.rest('PATCH', `${url}/participants/${two.participantId}`, { name: 'Ida' });
    const names = async (): Promise<string[]> => {
      const people = await server.rest('GET', `${url}/participants`);
      return ((await people.json()) as ParticipantView[]).map(({ name }) => name);
    };
    expect([one.participant.name, ...(await names())]).toEqual([
      '+15550001111',
      '+15550001111',
      'Ida',
    ]);
    await server.rest('PATCH', url, { numberPrivacy: 'last-four' });
    expect(await names()).toEqual(['…1111', 'Ida']);
    dialIn.disconnect();
    socket.close();
  });

  it('a phone that was let in comes back with its gateway, past lobby and lock', async () => {
    const meeting = await server.createMeeting({ lobby: true });
    const host = await joinMeeting(server, meeting, 'Hal', { sessionToken: server.token });
    const first = await server.gateway('sip-dialin');
    await askGateway(first, 'room:open', { meetingId: meeting.id });
    const { participantId } = await joinPhone(first, meeting, { ssrc: 71 });
    const waiting = await joinPhone(first, meeting, { ssrc: 72 });
    await askMeet(host.socket, 'participant:admit', { participantId });
    await askMeet(host.socket, 'room:setLocked', { locked: true });
    first.disconnect();
    const second = await server.gateway('sip-dialin');
    await askGateway(second, 'room:open', { meetingId: meeting.id });
    const back = await joinPhone(second, meeting, { ssrc: 71, returns: participantId });
    expect(back.participant.state).toBe('joined');
    await expect(
      joinPhone(second, meeting, { ssrc: 72, returns: waiting.participantId }),
    ).rejects.toMatchObject({ code: 'meeting-locked' });
    for (const socket of [host.socket, second]) socket.disconnect();
  });
});
