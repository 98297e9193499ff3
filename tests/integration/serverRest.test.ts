import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  askMeet,
  joinTokenOf,
  problem,
  startServer,
  type Harness,
} from './serverHarness.ts';

let server: Harness;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

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
    ['GET', `/meetings/${'x'.repeat(65)}`, 404, 'not-found'],
    ['GET', '/recordings?limit=many', 400, 'bad-request'],
    ['GET', '/recordings?cursor=broken', 400, 'bad-request'],
    ['GET', '/recordings?from=yesterday', 400, 'bad-request'],
    ['GET', '/audit?cursor=broken', 400, 'bad-request'],
    ['GET', '/audit?from=yesterday', 400, 'bad-request'],
    ['PUT', '/recordings/any/hold', 400, 'bad-request'],
    ['DELETE', '/recordings/any/hold', 400, 'bad-request'],
    ['GET', '/tombstones/unknown', 404, 'not-found'],
    ['GET', '/tombstones?cursor=broken', 400, 'bad-request'],
    ['GET', '/users/unknown', 404, 'not-found'],
    ['GET', '/nothing', 404, 'not-found'],
    ['GET', '/join/%E0%A4%A', 400, 'bad-request'],
    ['GET', '/meetings', 405, 'method-not-allowed'],
    ['PUT', '/meetings/any', 405, 'method-not-allowed'],
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
    [400, 'bad-request', '{"lobby":"yes"}'],
    [400, 'bad-request', '{"entry":"fanfare"}'],
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
    const broken = await fetch(`${server.url}/api/v1/meetings/%ff`);
    expect(await problem(broken)).toEqual({ status: 400, code: 'bad-request' });
    const options = await fetch(`${server.url}/api/v1/meetings/any`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([
      204,
      'GET, PATCH, DELETE, HEAD',
    ]);
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
