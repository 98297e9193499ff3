import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Socket } from 'socket.io-client';
import type { RecordingStart, RecordingView } from '@switchroom/protocol';
import {
  ADMIN,
  ask,
  askGateway,
  askMeet,
  AUDIO,
  joinTokenOf,
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

async function problem(response: Response): Promise<{ status: number; code: string }> {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const body = (await response.json()) as Record<string, string> & { status: number };
  expect(body['type']).toBe(`urn:switchroom:problem:${body['code']}`);
  expect(body.status).toBe(response.status);
  expect(body['title']).not.toBe('');
  expect(body['detail']).not.toBe('');
  return { status: body.status, code: body['code'] ?? '' };
}

describe('sessions', () => {
  it('signs in with the right password, and out', async () => {
    const response = await server.rest('POST', '/sessions', ADMIN);
    expect(response.status).toBe(201);
    const { token, user } = (await response.json()) as { token: string; user: object };
    expect(user).toMatchObject({ email: ADMIN.email, role: 'administrator' });
    expect((await server.rest('GET', '/recordings', undefined, token)).status).toBe(200);
    expect((await server.rest('DELETE', '/sessions', undefined, token)).status).toBe(204);
    const over = await server.rest('GET', '/recordings', undefined, token);
    expect(over.headers.get('www-authenticate')).toBe('Bearer');
    expect(await problem(over)).toEqual({ status: 401, code: 'unauthenticated' });
  });

  it('counts failures only, per address', async () => {
    for (let times = 0; times < 11; times += 1) {
      expect((await server.rest('POST', '/sessions', ADMIN)).status).toBe(201);
    }
    const wrong = { email: 'guess@example.org', password: 'wrong' };
    for (let times = 0; times < 10; times += 1) {
      expect((await server.rest('POST', '/sessions', wrong)).status).toBe(401);
    }
    expect(await problem(await server.rest('POST', '/sessions', wrong))).toEqual({
      status: 429,
      code: 'rate-limited',
    });
    expect((await server.rest('POST', '/sessions', ADMIN)).status).toBe(201);
    expect(server.logs.join('')).not.toContain(ADMIN.password);
  });
});

describe('meetings', () => {
  it('are made with a link, a PIN and a number to dial', async () => {
    const response = await server.rest('POST', '/meetings', { recording: 'always' });
    expect(response.status).toBe(201);
    const meeting = (await response.json()) as Record<string, unknown>;
    expect(meeting).toMatchObject({
      title: 'Meeting',
      recording: 'always',
      numberPrivacy: 'last-four',
      lobby: false,
      live: false,
      endedAt: null,
      dialIn: [{ number: '+15550100', sipUri: 'sip:+15550100@127.0.0.1:5060' }],
    });
    expect(meeting['pin']).toMatch(/^\d{6}$/);
    expect(meeting['joinUrl']).toMatch(new RegExp(`^${server.url}/m/[\\w-]{22}$`));
    expect(response.headers.get('location')).toBe(`/api/v1/meetings/${String(meeting['id'])}`);
  });

  it('can be looked at, and are live while somebody is in', async () => {
    const meeting = await server.createMeeting();
    const get = async (): Promise<unknown> =>
      (await server.rest('GET', `/meetings/${meeting.id}`)).json();
    expect(await get()).toEqual(meeting);
    const socket = await server.meet();
    const wish = { joinToken: joinTokenOf(meeting), name: 'Ann', rtpCapabilities: {} };
    await askMeet(socket, 'room:join', wish);
    expect(await get()).toMatchObject({ live: true, recording: 'on-demand' });
    const people = await server.rest('GET', `/meetings/${meeting.id}/participants`);
    expect(await people.json()).toMatchObject([{ name: 'Ann', kind: 'browser', muted: false }]);
    socket.disconnect();
    await expect.poll(get).toMatchObject({ live: false });
  });

  it('keep how much of a number is shown, and refuse what is none of the three', async () => {
    const meeting = await server.createMeeting({ numberPrivacy: 'none' });
    const again = await server.rest('GET', `/meetings/${meeting.id}`);
    expect(await again.json()).toMatchObject({ numberPrivacy: 'none' });
    const wrong = await server.rest('POST', '/meetings', { numberPrivacy: 'half' });
    expect(await problem(wrong)).toEqual({ status: 400, code: 'bad-request' });
  });

  it('a preview of the link tells title and capabilities, and no PIN', async () => {
    const meeting = await server.createMeeting({ title: 'Board' });
    const preview = await fetch(`${server.url}/api/v1/join/${joinTokenOf(meeting)}`);
    expect(await preview.json()).toMatchObject({
      title: 'Board',
      recording: 'on-demand',
      rtpCapabilities: { codecs: [{ mimeType: 'audio/opus', preferredPayloadType: 111 }] },
    });
    await server.rest('DELETE', `/meetings/${meeting.id}`);
    expect(await problem(await fetch(preview.url))).toEqual({ status: 410, code: 'meeting-ended' });
  });

  it.each([
    ['GET', '/meetings/unknown', 404, 'not-found'],
    ['DELETE', '/meetings/unknown', 404, 'not-found'],
    ['GET', '/meetings/unknown/participants', 404, 'not-found'],
    ['GET', '/join/unknown', 404, 'not-found'],
    ['GET', '/recordings/unknown/audio', 404, 'not-found'],
    ['GET', '/recordings?limit=many', 400, 'bad-request'],
    ['GET', '/recordings?cursor=broken', 400, 'bad-request'],
    ['GET', '/recordings?from=yesterday', 400, 'bad-request'],
    ['GET', '/audit', 501, 'not-built'],
    ['PUT', '/recordings/any/hold', 501, 'not-built'],
    ['DELETE', '/recordings/any/hold', 501, 'not-built'],
    ['GET', '/nothing', 404, 'not-found'],
    ['GET', '/join/%E0%A4%A', 400, 'bad-request'],
    ['GET', '/meetings', 405, 'method-not-allowed'],
    ['PATCH', '/meetings/any', 405, 'method-not-allowed'],
    ['PUT', '/openapi.json', 405, 'method-not-allowed'],
    ['POST', '/nothing', 404, 'not-found'],
  ])('%s %s is %i %s', async (method, path, status, code) => {
    expect(await problem(await server.rest(method, path))).toEqual({ status, code });
  });

  it.each([
    [400, 'bad-request', '{"title":'],
    [400, 'bad-request', '"text"'],
    [400, 'bad-request', '[]'],
    [400, 'bad-request', '{"title":""}'],
    [400, 'bad-request', '{"recording":"sometimes"}'],
    [501, 'not-built', '{"lobby":true}'],
    [413, 'payload-too-large', '{"title":"too long"}'.padEnd(100_000)],
  ])('%i %s is what a body can be refused with', async (status, code, body) => {
    const signIn = await server.rest('POST', '/sessions', ADMIN);
    const { token } = (await signIn.json()) as { token: string };
    const response = await fetch(`${server.url}/api/v1/meetings`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body,
    });
    expect(await problem(response)).toEqual({ status, code });
  });

  it('need a signed-in user', async () => {
    expect(await problem(await server.rest('POST', '/meetings', {}, 'nobody'))).toMatchObject({
      status: 401,
    });
  });
});

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
    expect(await changed).toEqual({ recording: true });
    expect((await server.rest('POST', url, { action: 'start' })).status).toBe(202);
    expect(starts).toMatchObject([
      { meetingId: meeting.id, title: 'Quarterly', recipient: 'age1test' },
    ]);
    socket.disconnect();

    const list = async () =>
      (await server.rest('GET', `/recordings?meetingId=${meeting.id}`)).json() as Promise<{
        items: RecordingView[];
      }>;
    await expect.poll(async () => (await list()).items[0]?.state).toBe('sealed');
    const { items } = await list();
    expect(items).toEqual([view(starts[0]!, { state: 'sealed', ...sealed })]);
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
    const get = (range: string, headers = {}) =>
      fetch(`${server.url}/api/v1${path}`, {
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
      expect(await stop).toEqual({ recording: false });
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
    expect(await ended).toEqual({ recording: false });
    const states = async () => {
      const list = await server.rest('GET', `/recordings?meetingId=${meeting.id}`);
      return ((await list.json()) as { items: RecordingView[] }).items.map(({ state }) => state);
    };
    await expect.poll(states).toEqual(['failed']);
    const again = next(socket, 'recording:changed');
    const another = await server.gateway('recorder', (fresh) => void willing(fresh, {}));
    expect(await again).toEqual({ recording: true });
    socket.disconnect();
    another.disconnect();
  });

  it('a report about an unknown recording is not found', async () => {
    const recorder = (await server.gateway('recorder')) as unknown as Socket;
    const start = { recordingId: 'x', meetingId: 'y', title: '', recipient: '' };
    expect(await ask(recorder, 'recording:report', { recording: view(start) })).toMatchObject({
      code: 'not-found',
    });
  });
});

describe('the rest of HTTP', () => {
  it('openapi.json describes every call, and is valid JSON Schema inside', async () => {
    const description = (await (await fetch(`${server.url}/api/v1/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { responses: object; requestBody?: object }>>;
    };
    expect(description.openapi).toBe('3.1.0');
    expect(Object.keys(description.paths)).toEqual(
      expect.arrayContaining([
        '/sessions',
        '/meetings/{id}',
        '/recordings/{id}/tracks/{trackId}/audio',
      ]),
    );
    expect(description.paths['/meetings']!['post']).toMatchObject({
      requestBody: {
        content: { 'application/json': { schema: { properties: { title: { maxLength: 120 } } } } },
      },
      responses: { 201: {}, 400: {}, 401: {} },
    });
  });

  it('what is no address outside the API is told as problem details, too', async () => {
    for (const [path, status, code] of [
      ['/nothing', 404, 'not-found'],
      ['/healthz', 405, 'method-not-allowed'],
    ] as const) {
      const response = await fetch(server.url + path, { method: 'POST' });
      expect(await problem(response)).toEqual({ status, code });
      expect(response.headers.get('allow')).toBe(status === 405 ? 'GET, HEAD' : null);
    }
    const options = await fetch(`${server.url}/api/v1/meetings/any`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, DELETE, HEAD']);
  });

  it('everything has strict headers', async () => {
    const { headers } = await fetch(`${server.url}/healthz`);
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('content-security-policy')).toContain(server.url.replace('http', 'ws'));
    expect(headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('strict-transport-security')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('the app is served for its own paths once it is built, and says so before', async () => {
    const page = () => fetch(`${server.url}/m/some-token`);
    const missing = await page();
    expect([missing.status, await missing.text()]).toEqual([
      503,
      expect.stringMatching(/npm start/),
    ]);
    const index = join(server.clientDir, 'index.html');
    await mkdir(join(dirname(index), 'assets'), { recursive: true });
    await writeFile(index, '<title>Switchroom</title>');
    await writeFile(join(dirname(index), 'assets', 'a.js'), 'export {};');
    expect(await (await page()).text()).toBe('<title>Switchroom</title>');
    expect(await (await fetch(`${server.url}/`)).text()).toBe('<title>Switchroom</title>');
    const asset = await fetch(`${server.url}/assets/a.js`);
    expect(asset.headers.get('cache-control')).toContain('immutable');
    expect((await fetch(`${server.url}/assets/b.js`)).status).toBe(404);
    expect((await fetch(`${server.url}/api/v2/x`)).status).toBe(404);
  });
});
