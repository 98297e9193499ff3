import { USER_ROLES, type RecordingView, type UserRole, type UserView } from '@switchroom/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  askGateway,
  askMeet,
  joinTokenOf,
  next,
  problem,
  startServer,
  type Harness,
} from './serverHarness.ts';

const PASSWORD = 'a password of theirs';

let server: Harness;
/** By role, of users that have no other; `host2` and `officer2` are second ones. */
const tokens = new Map<string, string>();
const ids = new Map<string, string>();
/** Made by `host`. */
let recording: RecordingView;
let meetingId: string;

beforeAll(async () => {
  server = await startServer();
  for (const role of USER_ROLES) await makeUser(role, [role]);
  await makeUser('host2', ['host']);
  await makeUser('officer2', ['compliance-officer']);
  recording = await record();
});
afterAll(() => server.close());

async function makeUser(name: string, roles: UserRole[]): Promise<void> {
  const credentials = { email: `${name}@example.org`, password: PASSWORD };
  const made = await server.rest('POST', '/users', { ...credentials, roles });
  expect(made.status).toBe(201);
  const user = (await made.json()) as UserView;
  expect(user).toMatchObject({ email: credentials.email, role: roles[0], roles });
  ids.set(name, user.id);
  tokens.set(name, await signIn(credentials));
}

async function signIn(credentials: { email: string; password: string }): Promise<string> {
  const response = await server.rest('POST', '/sessions', credentials);
  return ((await response.json()) as { token: string }).token;
}

const as = (name: string, method: string, path: string, body?: unknown): Promise<Response> =>
  server.rest(method, path, body, tokens.get(name));

/** A sealed recording of a meeting of `host`. */
async function record(): Promise<RecordingView> {
  const made = await as('host', 'POST', '/meetings', { recording: 'always', title: 'Secret' });
  const meeting = (await made.json()) as Parameters<typeof joinTokenOf>[0];
  meetingId = meeting.id;
  const recorder = await server.gateway('recorder', (socket) => {
    socket.on('recording:start', (_request, ack) => ack({ ok: true, value: {} }));
    socket.on('recording:stop', (_request, ack) => ack({ ok: true, value: {} }));
  });
  const socket = await server.meet();
  const changed = next(socket, 'recording:changed');
  const wish = { joinToken: joinTokenOf(meeting), name: 'Bea', rtpCapabilities: {} };
  await askMeet(socket, 'room:join', wish);
  await changed;
  socket.disconnect();
  const list = await as('compliance-officer', 'GET', '/recordings');
  const [started] = ((await list.json()) as { items: RecordingView[] }).items;
  const { id, startedAt } = started!;
  const track = { id: 't1', participantId: 'p1', participantName: 'Bea', kind: 'browser' } as const;
  const sealed = {
    ...{ id, meetingId, startedAt, endedAt: new Date().toISOString(), durationMs: 1000 },
    ...{ state: 'sealed' as const, tracks: [{ ...track, startMs: 0, endMs: 1000 }] },
  };
  await askGateway(recorder, 'recording:report', { recording: sealed });
  recorder.disconnect();
  return sealed;
}

const HOST: UserRole[] = ['host'];
const ADMINISTRATOR: UserRole[] = ['administrator'];
const OFFICER: UserRole[] = ['compliance-officer'];
const AUDITOR: UserRole[] = ['auditor'];
const ALL: UserRole[] = [...USER_ROLES];

/** Who may ask this; everybody else gets 403, whatever they ask for. */
const ALLOWED: Record<string, UserRole[]> = {
  'DELETE /sessions': ALL,
  'GET /users': ADMINISTRATOR,
  'POST /users': ADMINISTRATOR,
  'GET /users/me': ALL,
  'PUT /users/me/password': ALL,
  'GET /users/{id}': ADMINISTRATOR,
  'PATCH /users/{id}': ADMINISTRATOR,
  'DELETE /users/{id}': ADMINISTRATOR,
  'POST /meetings': HOST,
  'GET /meetings/{id}': HOST,
  'PATCH /meetings/{id}': HOST,
  'DELETE /meetings/{id}': ['administrator', 'host'],
  'POST /meetings/{id}/recording': HOST,
  'GET /meetings/{id}/participants': HOST,
  'PATCH /meetings/{id}/participants/{participantId}': HOST,
  'DELETE /meetings/{id}/participants/{participantId}': HOST,
  'POST /meetings/{id}/mute-all': HOST,
  'POST /meetings/{id}/calls': HOST,
  'GET /meetings/{id}/calls': HOST,
  'DELETE /meetings/{id}/calls/{callId}': HOST,
  'GET /recordings': ['host', 'compliance-officer'],
  'GET /recordings/{id}': ['host', 'compliance-officer'],
  'GET /recordings/{id}/consents': ['host', 'compliance-officer'],
  // Hosts only where the policy lets them.
  'GET /recordings/{id}/audio': OFFICER,
  'GET /recordings/{id}/tracks/{trackId}/audio': OFFICER,
  'GET /recordings/{id}/tracks/{trackId}/peaks': OFFICER,
  'GET /recordings/{id}/export': OFFICER,
  'DELETE /recordings/{id}': OFFICER,
  'PUT /recordings/{id}/hold': OFFICER,
  'DELETE /recordings/{id}/hold': OFFICER,
  'DELETE /recordings/{id}/deletion': OFFICER,
  'GET /recording-policy': ['administrator', 'compliance-officer', 'auditor'],
  'PUT /recording-policy': ADMINISTRATOR,
  'GET /tombstones': ['compliance-officer', 'auditor'],
  'GET /tombstones/{id}': ['compliance-officer', 'auditor'],
  'GET /audit': AUDITOR,
  'GET /audit/export': AUDITOR,
  'GET /audit/verify': AUDITOR,
  'GET /trunks': ADMINISTRATOR,
  'POST /trunks': ADMINISTRATOR,
  'GET /trunks/{id}': ADMINISTRATOR,
  'PATCH /trunks/{id}': ADMINISTRATOR,
  'DELETE /trunks/{id}': ADMINISTRATOR,
  'GET /dids': ADMINISTRATOR,
  'POST /dids': ADMINISTRATOR,
  'GET /dids/{id}': ADMINISTRATOR,
  'PATCH /dids/{id}': ADMINISTRATOR,
  'DELETE /dids/{id}': ADMINISTRATOR,
  'GET /dial-out': ADMINISTRATOR,
  'PUT /dial-out': ADMINISTRATOR,
  'GET /alarms': ['administrator', 'compliance-officer'],
  'DELETE /alarms/{id}': OFFICER,
  'GET /alarm-webhook': ADMINISTRATOR,
  'PUT /alarm-webhook': ADMINISTRATOR,
};
/** Without a sign-in. */
const OPEN = ['POST /sessions', 'GET /join/{joinToken}'];

describe('each role, each call', () => {
  it('the table is of all calls that there are', async () => {
    const response = await server.rest('GET', '/openapi.json');
    const { paths } = (await response.json()) as { paths: Record<string, object> };
    const calls = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect([...Object.keys(ALLOWED), ...OPEN].sort()).toEqual(calls.sort());
  });

  it.each(Object.entries(ALLOWED))('%s: %j', async (call, allowed) => {
    const [method = '', path = ''] = call.split(' ');
    const verdicts: UserRole[] = [];
    for (const role of USER_ROLES) {
      // Of a session of its own, which may be ended.
      const token = await signIn({ email: `${role}@example.org`, password: PASSWORD });
      const response = await server.rest(
        method,
        path.replaceAll(/\{\w+\}/g, 'x'),
        undefined,
        token,
      );
      if (response.status !== 403) verdicts.push(role);
      else expect(await problem(response)).toEqual({ status: 403, code: 'forbidden' });
      expect([call, role, response.status]).not.toContain(500);
    }
    expect(verdicts).toEqual(allowed);
    const nobody = await server.rest(method, path.replaceAll(/\{\w+\}/g, 'x'), undefined, 'none');
    expect(nobody.status).toBe(401);
  });
});

describe('what is another’s', () => {
  it('does not exist for a host, by the same words as what there is not', async () => {
    for (const path of [
      '/meetings/M',
      '/meetings/M/participants',
      '/meetings/M/calls',
      '/recordings/R',
    ]) {
      const real = path.replace('M', meetingId).replace('R', recording.id);
      expect((await as('host', 'GET', real)).status).toBe(200);
      const other = await as('host2', 'GET', real);
      const unknown = await as('host2', 'GET', path.replace(/[MR]$/, 'x').replace('/M/', '/x/'));
      expect([other.status, await other.text()]).toEqual([404, await unknown.text()]);
    }
    expect((await as('host2', 'DELETE', `/meetings/${meetingId}`)).status).toBe(404);
    expect((await as('host2', 'PATCH', `/meetings/${meetingId}`, { lobby: true })).status).toBe(
      404,
    );
  });

  it('nothing of it is in lists', async () => {
    const list = async (name: string): Promise<unknown> =>
      (await as(name, 'GET', '/recordings')).json();
    expect(await list('host')).toMatchObject({ items: [{ id: recording.id }] });
    expect(await list('compliance-officer')).toMatchObject({ items: [{ id: recording.id }] });
    expect(await list('host2')).toEqual({ items: [], nextCursor: null });
    const byName = await as('host2', 'GET', '/recordings?q=Bea');
    expect(await byName.text()).not.toContain('Bea');
    for (const name of ['administrator', 'auditor']) {
      expect(await (await as(name, 'GET', '/recordings')).text()).not.toContain('Bea');
    }
  });
});

describe('hearing', () => {
  const audio = (): string => `/recordings/${recording.id}/audio`;
  const policy = (wish: object): Promise<Response> =>
    as('administrator', 'PUT', '/recording-policy', wish);

  it('officers do; hosts where the policy lets them, and of own meetings only', async () => {
    expect((await as('compliance-officer', 'GET', audio())).status).toBe(200);
    expect((await as('host', 'GET', audio())).status).toBe(403);
    expect((await policy({ hostsMayPlay: true })).status).toBe(200);
    expect((await as('host', 'GET', audio())).status).toBe(200);
    expect((await as('host', 'GET', `/recordings/${recording.id}/tracks/t1/audio`)).status).toBe(
      200,
    );
    expect((await as('host2', 'GET', audio())).status).toBe(404);
    expect((await as('administrator', 'GET', audio())).status).toBe(403);
    expect((await as('host', 'GET', `/recordings/${recording.id}/export`)).status).toBe(403);
    await policy({});
  });

  it('needs a reason where the policy says so, which the trail has', async () => {
    await policy({ reasonToPlay: true });
    for (const path of [audio(), `/recordings/${recording.id}/export`]) {
      const refused = await as('compliance-officer', 'GET', path);
      expect(await problem(refused)).toEqual({ status: 400, code: 'reason-required' });
      expect((await as('compliance-officer', 'GET', `${path}?reason=Case%207`)).status).toBe(200);
    }
    await policy({});
    const trail = await as('auditor', 'GET', `/audit?subject=${recording.id}&q=Case%207`);
    const { items } = (await trail.json()) as { items: { action: string; details: object }[] };
    expect(items.map(({ action }) => action)).toEqual(['recording.exported', 'recording.played']);
    expect(items[1]).toMatchObject({
      details: { reason: 'Case 7', trackId: 'mix' },
      actor: { name: 'compliance-officer@example.org', roles: ['compliance-officer'] },
    });
  });
});

describe('users', () => {
  it('the first administrator holds all roles, by name, and the trail says so', async () => {
    const token = await signIn(ADMIN);
    const me = (await (await server.rest('GET', '/users/me', undefined, token)).json()) as UserView;
    expect(me.roles).toEqual([...USER_ROLES]);
    const trail = await server.rest('GET', `/audit?action=user.created&subject=${me.id}`);
    expect(await trail.json()).toMatchObject({
      items: [{ actor: { kind: 'system' }, details: { roles: [...USER_ROLES], first: true } }],
    });
  });

  it('roles that are taken away count at once; nobody takes back what they gave up', async () => {
    await makeUser('both', ['administrator', 'auditor']);
    const path = `/users/${ids.get('both')}`;
    expect((await as('both', 'GET', '/audit')).status).toBe(200);
    expect((await as('both', 'PATCH', path, { roles: ['administrator'] })).status).toBe(200);
    expect((await as('both', 'GET', '/audit')).status).toBe(403);
    const again = await as('both', 'PATCH', path, { roles: ['administrator', 'auditor'] });
    expect(await problem(again)).toEqual({ status: 403, code: 'forbidden' });
    expect((await as('administrator', 'DELETE', path)).status).toBe(204);
    expect((await as('both', 'GET', '/users/me')).status).toBe(401);
    const gone = await server.rest('POST', '/sessions', {
      email: 'both@example.org',
      password: PASSWORD,
    });
    expect(gone.status).toBe(401);
    // The address is free for another.
    await makeUser('both', ['host']);
  });

  it('an address is taken once; a password is changed by oneself with the old one only', async () => {
    const taken = await as('administrator', 'POST', '/users', {
      ...{ email: 'HOST2@example.org', password: PASSWORD, roles: ['host'] },
    });
    expect(await problem(taken)).toEqual({ status: 409, code: 'conflict' });
    const change = (password: string): Promise<Response> =>
      as('host2', 'PUT', '/users/me/password', { password, newPassword: 'another one' });
    expect((await change('wrong')).status).toBe(403);
    const own = `/audit?subject=${ids.get('host2')}&action=user.changed`;
    expect(await (await as('auditor', 'GET', own)).json()).toMatchObject({
      items: [{ outcome: 'refused' }],
    });
    expect((await change(PASSWORD)).status).toBe(204);
    expect((await as('host2', 'GET', '/users/me')).status).toBe(401);
    const credentials = { email: 'host2@example.org', password: 'another one' };
    tokens.set('host2', await signIn(credentials));
    expect((await as('host2', 'GET', '/users/me')).status).toBe(200);
  });

  it('the password of a session that was got hold of is not guessed for long', async () => {
    await makeUser('victim', ['host']);
    const guess = (): Promise<Response> =>
      as('victim', 'PUT', '/users/me/password', { password: 'guess', newPassword: 'another one' });
    for (let times = 0; times < 10; times += 1) expect((await guess()).status).toBe(403);
    expect(await problem(await guess())).toEqual({ status: 429, code: 'rate-limited' });
  });

  it('somebody stays administrator', async () => {
    const list = (await (await server.rest('GET', '/users')).json()) as UserView[];
    const first = list.find(({ email }) => email === ADMIN.email)!;
    const me = ids.get('administrator')!;
    const others: UserRole[] = ['host', 'compliance-officer', 'auditor'];
    expect(
      (await as('administrator', 'PATCH', `/users/${first.id}`, { roles: others })).status,
    ).toBe(200);
    const last = [
      await as('administrator', 'PATCH', `/users/${me}`, { roles: ['host'] }),
      await as('administrator', 'DELETE', `/users/${me}`),
    ];
    // Of oneself it is not even a host that one becomes.
    expect(last.map(({ status }) => status)).toEqual([403, 409]);
    const back = await as('administrator', 'PATCH', `/users/${first.id}`, {
      roles: [...USER_ROLES],
    });
    expect(back.status).toBe(200);
  });
});

describe('hold and deletion', () => {
  const body = { reason: 'Case 7' };

  it('two officers, by REST, with a tombstone in the end', async () => {
    const path = `/recordings/${recording.id}`;
    const hold = await as('compliance-officer', 'PUT', `${path}/hold`, body);
    expect(await hold.json()).toMatchObject({ ...body, by: 'compliance-officer@example.org' });
    expect(await (await as('host', 'GET', path)).json()).toMatchObject({ hold: body });
    const held = await as('officer2', 'DELETE', path, body);
    expect(await problem(held)).toEqual({ status: 409, code: 'conflict' });
    expect((await as('officer2', 'DELETE', `${path}/hold`, body)).status).toBe(204);
    await as('administrator', 'PUT', '/recording-policy', { twoToDelete: true });
    expect((await as('compliance-officer', 'DELETE', path, body)).status).toBe(202);
    expect((await as('compliance-officer', 'GET', path)).status).toBe(200);
    expect((await as('officer2', 'DELETE', path, { reason: 'Agreed' })).status).toBe(204);
    expect((await as('compliance-officer', 'GET', path)).status).toBe(404);
    const tombstone = await as('auditor', 'GET', `/tombstones/${recording.id}`);
    expect(await tombstone.json()).toMatchObject({
      by: ['compliance-officer@example.org', 'officer2@example.org'],
      reason: 'Case 7; Agreed',
    });
    const trail = await as(
      'auditor',
      'GET',
      `/audit?subject=${recording.id}&action=recording&limit=6`,
    );
    const { items } = (await trail.json()) as { items: { action: string }[] };
    expect(items.slice(0, 5).map(({ action }) => action)).toEqual([
      'recording.erased',
      'recording.deleted',
      'recording.viewed',
      'recording.deletion-asked',
      'recording.hold-lifted',
    ]);
  });
});

describe('the trail', () => {
  it('has sign-ins, right and wrong, and what was refused; no password, no token', async () => {
    const wrong = { email: 'host2@example.org', password: 'not this one' };
    await server.rest('POST', '/sessions', wrong);
    const export1 = await as('auditor', 'GET', '/audit/export');
    expect(export1.headers.get('content-type')).toMatch(/^application\/jsonl/);
    const text = await export1.text();
    expect(text).not.toContain('not this one');
    expect(text).not.toContain(PASSWORD);
    for (const token of tokens.values()) expect(text).not.toContain(token);
    const actions = new Set(
      text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { action: string }).action),
    );
    for (const action of [
      ...['session.started', 'session.failed', 'session.ended', 'access.refused'],
      ...['user.created', 'user.changed', 'user.removed', 'meeting.created', 'policy.changed'],
      ...['recording.started', 'recording.listed', 'recording.viewed', 'recording.played'],
      ...['recording.exported', 'recording.hold-set', 'audit.viewed', 'audit.exported'],
    ]) {
      expect(actions).toContain(action);
    }
    const verdict = await as('auditor', 'GET', '/audit/verify');
    expect(await verdict.json()).toMatchObject({ ok: true, flaw: null });
  });
});
