import { describe, expect, it } from 'vitest';
import { RestClient } from './RestClient.ts';

function answering(status: number, body: unknown) {
  const calls: { path: string; init: RequestInit }[] = [];
  const rest = new RestClient({
    fetch: async (path, init = {}) => {
      calls.push({ path, init });
      return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
    },
  });
  return { rest, calls };
}

describe('RestClient', () => {
  it('sends the bearer token and the body as JSON', async () => {
    const { rest, calls } = answering(201, { id: 'm' });
    await expect(rest.createMeeting({ recording: 'off' }, 'secret')).resolves.toEqual({ id: 'm' });
    const { path, init } = calls[0]!;
    expect(path).toBe('/api/v1/meetings');
    expect(init.body).toBe('{"recording":"off"}');
    expect((init.headers as Headers).get('authorization')).toBe('Bearer secret');
  });

  it('escapes the join token in the path', async () => {
    const { rest, calls } = answering(200, {});
    await rest.previewJoin('a/b?c');
    expect(calls[0]?.path).toBe('/api/v1/join/a%2Fb%3Fc');
  });

  it('takes an answer without a body', async () => {
    const { rest } = answering(202, '');
    await expect(rest.setRecording('m', 'start', 't')).resolves.toBeUndefined();
  });

  it.each([
    [410, { code: 'meeting-ended', detail: 'over' }, 'meeting-ended'],
    [404, 'not json', 'not-found'],
    [401, {}, 'unauthenticated'],
    [429, {}, 'rate-limited'],
    [502, '<html>', 'unavailable'],
    [500, { code: 'made-up' }, 'internal'],
  ])('turns %i with %j into the code %s', async (status, body, code) => {
    const { rest } = answering(status, body);
    await expect(rest.previewJoin('x')).rejects.toMatchObject({ code });
  });

  it('tells of a token that is good no more, and of nothing else', async () => {
    const ended: string[] = [];
    let status = 401;
    const rest = new RestClient({
      fetch: async () => new Response('{}', { status }),
      sessionEnded: (token) => ended.push(token),
    });
    const refused = { code: 'unauthenticated' };
    await expect(rest.signIn('a@b.c', 'wrong')).rejects.toMatchObject(refused);
    expect(ended).toEqual([]);
    await expect(rest.call('GET', '/recordings', 'one')).rejects.toMatchObject(refused);
    await expect(rest.file('/recordings/r1/audio', 'two')).rejects.toMatchObject(refused);
    status = 403;
    await expect(rest.call('GET', '/recordings', 'three')).rejects.toThrow();
    expect(ended).toEqual(['one', 'two']);
  });

  it('says unavailable when the server cannot be reached', async () => {
    const rest = new RestClient({ fetch: () => Promise.reject(new TypeError('failed')) });
    await expect(rest.signIn('a@b.c', 'x')).rejects.toMatchObject({ code: 'unavailable' });
  });
});
