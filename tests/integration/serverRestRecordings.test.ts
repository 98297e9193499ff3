import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Socket } from 'socket.io-client';
import type { AlarmItem, RecordingStart, RecordingView } from '@switchroom/protocol';
import {
  ADMIN,
  ask,
  askGateway,
  askMeet,
  AUDIO,
  joinTokenOf,
  next,
  problem,
  startServer,
  type GatewaySocket,
  type Harness,
} from './serverHarness.ts';

let server: Harness;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

describe('recordings', () => {
  const view = (start: RecordingStart, change: Partial<RecordingView> = {}): RecordingView => ({
    id: start.recordingId,
    meetingId: start.meetingId,
    startedAt: '2026-01-02T03:04:05.678Z',
    endedAt: null,
    durationMs: null,
    state: 'recording',
    tracks: [],
    ...change,
  });
  const track = {
    id: 'track-1',
    participantId: 'p1',
    participantName: 'Ann',
    kind: 'browser',
    startMs: 0,
    endMs: 1500,
  } as const;

  /** A recorder that says yes, and reports that it sealed. */
  function willing(recorder: GatewaySocket, sealed: Partial<RecordingView>): RecordingStart[] {
    const starts: RecordingStart[] = [];
    recorder.on('recording:start', (request, ack) => {
      starts.push(request);
      ack({ ok: true, value: {} });
    });
    recorder.on('recording:stop', async ({ recordingId }, ack) => {
      const start = starts.find((one) => one.recordingId === recordingId)!;
      const recording = view(start, { state: 'sealed', ...sealed });
      await askGateway(recorder, 'recording:report', { recording });
      ack({ ok: true, value: {} });
    });
    return starts;
  }

  it('begin on demand, are told to the browsers, sealed with the room, listed and heard', async () => {
    const meeting = await server.createMeeting({ title: 'Quarterly' });
    const url = `/meetings/${meeting.id}/recording`;
    expect(await problem(await server.rest('POST', url, { action: 'start' }))).toEqual({
      status: 503,
      code: 'recorder-unavailable',
    });
    const recorder = await server.gateway('recorder');
    const sealed = { endedAt: '2026-01-02T03:04:07.178Z', durationMs: 1500, tracks: [track] };
    const starts = willing(recorder, sealed);
    expect((await server.rest('POST', url, { action: 'start' })).status).toBe(202);
    expect(starts).toHaveLength(0);

    const socket = await server.meet();
    const changed = next(socket, 'recording:changed');
    await askMeet(socket, 'room:join', {
      joinToken: joinTokenOf(meeting),
      name: 'Ann',
      rtpCapabilities: {},
    });
    expect(await changed).toMatchObject({ recording: true, paused: false });
    expect((await server.rest('POST', url, { action: 'start' })).status).toBe(202);
    expect(starts).toMatchObject([{ meetingId: meeting.id, title: 'Quarterly' }]);
    socket.disconnect();

    const list = async () =>
      (await server.rest('GET', `/recordings?meetingId=${meeting.id}`)).json() as Promise<{
        items: RecordingView[];
      }>;
    await expect.poll(async () => (await list()).items[0]?.state).toBe('sealed');
    const { items } = await list();
    const sealedTo = [
      { fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string, server: true },
    ];
    const kept = {
      ...{ key: 'here', sealedTo, meetingTitle: 'Quarterly', hold: null, deletion: null },
      ...{ expiresAt: null, storage: { place: 'local', bucket: null, lockedUntil: null } },
    };
    expect(items).toEqual([{ ...view(starts[0]!, { state: 'sealed', ...sealed }), ...kept }]);
    const found = await server.rest('GET', '/recordings?q=ANN');
    expect(await found.json()).toMatchObject({ items: [{ id: items[0]!.id }], nextCursor: null });
    const today = new Date().toISOString().slice(0, 10);
    const filters = [`from=&to=&q=&meetingId=`, `from=2026-01-01&to=2999-12-31`, `to=${today}`];
    for (const filter of filters) {
      const some = await server.rest('GET', `/recordings?${filter}`);
      expect([filter, await some.json()]).toMatchObject([filter, { items: [{}] }]);
    }
    const none = await server.rest('GET', '/recordings?q=nobody');
    expect(await none.json()).toEqual({ items: [], nextCursor: null });
    for (const filter of ['q', 'title', 'participant', 'number', 'meetingId', 'cursor']) {
      const refused = await server.rest('GET', `/recordings?${filter}=%00abc`);
      expect(await problem(refused)).toEqual({ status: 400, code: 'bad-request' });
    }

    const audio = `/recordings/${items[0]!.id}/tracks/track-1/audio`;
    const whole = await server.rest('GET', audio);
    expect(whole.status).toBe(200);
    expect(whole.headers.get('content-type')).toBe('audio/ogg');
    expect(whole.headers.get('accept-ranges')).toBe('bytes');
    expect(new Uint8Array(await whole.arrayBuffer())).toEqual(AUDIO);
    expect((await server.rest('GET', audio.replace('track-1', '..%2Fmix'))).status).toBe(404);
    const head = await server.rest('HEAD', `/recordings/${items[0]!.id}/audio`);
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '1000']);
    const zip = await server.rest('GET', `/recordings/${items[0]!.id}/export`);
    expect(zip.headers.get('content-type')).toBe('application/zip');
    expect(await zip.text()).toBe('PK fake');
    await checkRanges(audio);
    recorder.disconnect();
  });

  async function checkRanges(path: string): Promise<void> {
    const signIn = await server.rest('POST', '/sessions', ADMIN);
    const { token } = (await signIn.json()) as { token: string };
    const get = (range: string, headers = {}, method = 'GET') =>
      fetch(`${server.url}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, range, ...headers },
      });
    const part = await get('bytes=10-19');
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe('bytes 10-19/1000');
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(AUDIO.subarray(10, 20));
    const tail = await get('bytes=-5');
    expect(new Uint8Array(await tail.arrayBuffer())).toEqual(AUDIO.subarray(995));
    const beyond = await get('bytes=1000-');
    expect(beyond.headers.get('content-range')).toBe('bytes */1000');
    expect(await problem(beyond)).toEqual({ status: 416, code: 'range-not-satisfiable' });
    expect((await get('bytes=0-1', { 'if-range': '"x"' })).status).toBe(200);
    const head = await get('bytes=0-1', {}, 'HEAD');
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '1000']);
  }

  it('pages are joined by a cursor, without gap or repetition', async () => {
    const recorder = await server.gateway('recorder');
    const starts = willing(recorder, {});
    for (let count = 0; count < 3; count += 1) {
      const meeting = await server.createMeeting({ recording: 'always' });
      const socket = await server.meet();
      const changed = next(socket, 'recording:changed');
      const wish = { joinToken: joinTokenOf(meeting), name: 'Ann', rtpCapabilities: {} };
      await askMeet(socket, 'room:join', wish);
      await changed;
      const stop = next(socket, 'recording:changed');
      await server.rest('POST', `/meetings/${meeting.id}/recording`, { action: 'stop' });
      expect(await stop).toMatchObject({ recording: false, paused: false });
      socket.disconnect();
    }
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await server.rest('GET', `/recordings?limit=1${cursor}`);
      const { items, nextCursor } = (await page.json()) as {
        items: RecordingView[];
        nextCursor: string | null;
      };
      seen.push(...items.map(({ id }) => id));
      cursor = nextCursor === null ? '' : `&cursor=${nextCursor}`;
    } while (cursor !== '');
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(starts.map(({ recordingId }) => recordingId)));
    recorder.disconnect();
  });

  it('a meeting with policy off is not recorded', async () => {
    const meeting = await server.createMeeting({ recording: 'off' });
    const start = await server.rest('POST', `/meetings/${meeting.id}/recording`, {
      action: 'start',
    });
    expect(await problem(start)).toEqual({ status: 409, code: 'recording-off' });
  });

  it('a meeting that must be recorded and is not is an alarm, with its title', async () => {
    const meeting = await server.createMeeting({ title: 'Board', recording: 'always' });
    const socket = await server.meet();
    const joinToken = joinTokenOf(meeting);
    await askMeet(socket, 'room:join', { joinToken, name: 'Ann', rtpCapabilities: {} });
    const subject = { type: 'meeting', id: meeting.id };
    const active = async (): Promise<AlarmItem[]> => {
      const response = await server.rest('GET', '/alarms');
      return ((await response.json()) as { active: AlarmItem[] }).active;
    };
    await expect
      .poll(active, { timeout: 10_000, interval: 200 })
      .toMatchObject([{ kind: 'recorder-unavailable', subject, title: 'Board' }]);
    socket.disconnect();
  });

  it('a recorder that dies in the middle leaves a failed recording, and the room knows', async () => {
    const meeting = await server.createMeeting({ recording: 'always' });
    const recorder = await server.gateway('recorder');
    willing(recorder, {});
    const socket = await server.meet();
    const changed = next(socket, 'recording:changed');
    const wish = { joinToken: joinTokenOf(meeting), name: 'Ann', rtpCapabilities: {} };
    await askMeet(socket, 'room:join', wish);
    await changed;
    const ended = next(socket, 'recording:changed');
    recorder.disconnect();
    expect(await ended).toMatchObject({ recording: false, paused: false });
    const states = async () => {
      const list = await server.rest('GET', `/recordings?meetingId=${meeting.id}`);
      return ((await list.json()) as { items: RecordingView[] }).items.map(({ state }) => state);
    };
    await expect.poll(states).toEqual(['failed']);
    const again = next(socket, 'recording:changed');
    const another = await server.gateway('recorder', (fresh) => void willing(fresh, {}));
    expect(await again).toMatchObject({ recording: true, paused: false });
    socket.disconnect();
    another.disconnect();
  });

  it('what a recorder finds wrong with the vault is an alarm, and nobody else tells so', async () => {
    const damaged = { kind: 'recording-damaged', recordingId: 'r7', file: 'journal' } as const;
    const recorder = await server.gateway('recorder');
    await askGateway(recorder, 'vault:alarm', damaged);
    await askGateway(recorder, 'vault:alarm', damaged);
    await askGateway(recorder, 'vault:alarm', { kind: 'chain-broken', known: 7, found: 3 });
    const answer = await server.rest('GET', '/alarms');
    const { active } = (await answer.json()) as { active: AlarmItem[] };
    expect(active.filter(({ subject }) => subject.id === 'r7')).toMatchObject([
      { kind: 'recording-damaged', subject: { type: 'recording', file: 'journal' } },
    ]);
    const chain = { subject: { type: 'vault', id: 'chain' }, details: { known: '7', found: '3' } };
    expect(active).toContainEqual(expect.objectContaining({ kind: 'chain-broken', ...chain }));
    recorder.disconnect();
    const phones = (await server.gateway('sip-dialin')) as unknown as Socket;
    expect(await ask(phones, 'vault:alarm', damaged)).toMatchObject({ code: 'forbidden' });
    phones.disconnect();
  });

  it('a report about an unknown recording is not found', async () => {
    const recorder = (await server.gateway('recorder')) as unknown as Socket;
    const start = { recordingId: 'x', meetingId: 'y', title: '', recipient: '' };
    expect(await ask(recorder, 'recording:report', { recording: view(start) })).toMatchObject({
      code: 'not-found',
    });
  });
});
