import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DidView, TrunkView } from '@switchroom/protocol';
import { startServer, type Harness } from './serverHarness.ts';

let server: Harness;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const CARRIER = {
  name: 'Carrier',
  cidrs: ['192.0.2.0/24'],
  digest: { username: 'carrier', password: 'very secret words' },
};

async function call<T>(method: string, path: string, body?: unknown): Promise<[number, T]> {
  const response = await server.rest(method, path, body);
  const text = await response.text();
  return [response.status, (text === '' ? undefined : JSON.parse(text)) as T];
}

describe('trunks over REST', () => {
  it('are made, changed and removed; a password is never shown or logged', async () => {
    const [made, trunk] = await call<TrunkView>('POST', '/trunks', CARRIER);
    expect(made).toBe(201);
    expect(trunk).toMatchObject({
      name: 'Carrier',
      cidrs: ['192.0.2.0/24'],
      digest: { username: 'carrier', realm: 'switchroom' },
      maxCalls: 100,
      callsPerSecond: 10,
      enabled: true,
    });
    expect(await call('GET', `/trunks/${trunk.id}`)).toEqual([200, trunk]);
    const [, all] = await call<TrunkView[]>('GET', '/trunks');
    expect(all.map(({ name }) => name)).toEqual(['loopback', 'Carrier']);
    const patch = { callsPerSecond: 3, enabled: false };
    const changed = await call('PATCH', `/trunks/${trunk.id}`, patch);
    expect(changed).toEqual([200, { ...trunk, ...patch }]);
    expect(await call('POST', '/trunks', CARRIER)).toMatchObject([409, { code: 'conflict' }]);
    expect((await call('DELETE', `/trunks/${trunk.id}`))[0]).toBe(204);
    expect((await call('DELETE', `/trunks/${trunk.id}`))[0]).toBe(404);
    expect(JSON.stringify([trunk, all, changed])).not.toMatch(/secret words|ha1/i);
    expect(server.logs.join('')).not.toMatch(/secret words|ha1/i);
  });

  it('that take calls to the outside need nothing else; their password is never shown or logged', async () => {
    const outbound = {
      uri: 'sip:carrier.example.net;transport=tcp',
      callerId: '+15550100',
      username: 'us',
      password: 'carrier secret words',
    };
    const [made, trunk] = await call<TrunkView>('POST', '/trunks', { name: 'Out', outbound });
    expect(made).toBe(201);
    expect(trunk).toMatchObject({ cidrs: [], digest: null, srtp: 'optional' });
    expect(trunk.outbound).toEqual({
      uri: outbound.uri,
      callerId: '+15550100',
      username: 'us',
      fromUser: 'caller-id',
      priority: 10,
      register: false,
      maxCalls: 30,
    });
    const path = `/trunks/${trunk.id}`;
    const [, changed] = await call<TrunkView>('PATCH', path, { srtp: 'required' });
    expect(changed).toEqual({ ...trunk, srtp: 'required' });
    const none = await call('PATCH', path, { outbound: null });
    expect(none).toMatchObject([400, { code: 'bad-request' }]);
    for (const wrong of [
      { ...outbound, uri: 'carrier.example.net' },
      { ...outbound, uri: 'sip:us@carrier.example.net' },
      { ...outbound, callerId: '112' },
      { ...outbound, username: null },
      { ...outbound, fromUser: 'somebody' },
      { uri: outbound.uri, callerId: '+15550100', fromUser: 'username' },
    ]) {
      const [status, problem] = await call<object>('PATCH', path, { outbound: wrong });
      expect([status, problem]).toMatchObject([400, { code: 'bad-request' }]);
      expect(JSON.stringify(problem)).not.toContain('secret words');
    }
    expect(await call('GET', path)).toEqual([200, changed]);
    await call('DELETE', path);
    expect(JSON.stringify([trunk, changed])).not.toContain('secret words');
    expect(server.logs.join('')).not.toContain('carrier secret words');
  });

  it('are refused with the name of the field, and without its value', async () => {
    const wrong = { ...CARRIER, digest: { username: 'x', password: 'tooshrt' } };
    const [status, problem] = await call<{ code: string; detail: string }>(
      'POST',
      '/trunks',
      wrong,
    );
    expect([status, problem.code]).toEqual([400, 'bad-request']);
    expect(problem.detail).toContain('digest.password');
    expect(problem.detail).not.toContain('tooshrt');
  });

  it('are nobody else’s business', async () => {
    for (const path of ['/trunks', '/dids', '/dial-out']) {
      expect((await server.rest('GET', path, undefined, '')).status).toBe(401);
    }
  });
});

describe('DIDs over REST', () => {
  it('are what meetings tell to dial, while they are enabled and ask for a PIN', async () => {
    const meeting = await server.createMeeting();
    const numbers = async (): Promise<string[]> =>
      (await server.createMeeting()).dialIn.map(({ number }) => number);
    const [made, did] = await call<DidView>('POST', '/dids', {
      number: '+33155501',
      language: 'fr',
    });
    expect(made).toBe(201);
    expect(did).toMatchObject({ trunkId: null, meetingId: null, language: 'fr', enabled: true });
    expect(await numbers()).toEqual(['+15550100', '+33155501']);
    const direct = { meetingId: meeting.id };
    expect(await call('PATCH', `/dids/${did.id}`, direct)).toEqual([200, { ...did, ...direct }]);
    expect(await numbers()).toEqual(['+15550100']);
    expect(await call('GET', `/dids/${did.id}`)).toEqual([200, { ...did, ...direct }]);
    expect((await call('DELETE', `/dids/${did.id}`))[0]).toBe(204);
    expect((await call<DidView[]>('GET', '/dids'))[1].map(({ number }) => number)).toEqual([
      '+15550100',
    ]);
  });

  it('stand in openapi.json', async () => {
    const [, description] = await call<{ paths: object }>('GET', '/openapi.json');
    expect(Object.keys(description.paths)).toEqual(
      expect.arrayContaining(['/trunks', '/trunks/{id}', '/dids', '/dids/{id}']),
    );
  });
});
