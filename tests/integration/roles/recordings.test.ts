import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, problem } from '../serverHarness.ts';
import { Company, PASSWORD } from './Company.ts';

let company: Company;

beforeAll(async () => {
  company = await Company.open();
}, 60_000);
afterAll(() => company.close());

describe('hearing', () => {
  const audio = (): string => `/recordings/${company.recording.id}/audio`;
  const policy = (wish: object): Promise<Response> =>
    company.as('administrator', 'PUT', '/recording-policy', wish);

  it('officers do; hosts where the policy lets them, and of own meetings only', async () => {
    expect((await company.as('compliance-officer', 'GET', audio())).status).toBe(200);
    expect((await company.as('host', 'GET', audio())).status).toBe(403);
    expect((await policy({ hostsMayPlay: true })).status).toBe(200);
    expect((await company.as('host', 'GET', audio())).status).toBe(200);
    expect(
      (await company.as('host', 'GET', `/recordings/${company.recording.id}/tracks/t1/audio`))
        .status,
    ).toBe(200);
    expect((await company.as('host2', 'GET', audio())).status).toBe(404);
    expect((await company.as('administrator', 'GET', audio())).status).toBe(403);
    expect(
      (await company.as('host', 'GET', `/recordings/${company.recording.id}/export`)).status,
    ).toBe(403);
    await policy({});
  });

  it('needs a reason where the policy says so, which the trail has', async () => {
    await policy({ reasonToPlay: true });
    for (const path of [audio(), `/recordings/${company.recording.id}/export`]) {
      for (const none of [
        '',
        '?reason=%E2%80%8B',
        '?reason=%E3%85%A4',
        '?reason=%00',
        '?reason=-',
      ]) {
        const refused = await company.as('compliance-officer', 'GET', `${path}${none}`);
        expect(await problem(refused)).toEqual({ status: 400, code: 'reason-required' });
      }
      expect(
        (await company.as('compliance-officer', 'GET', `${path}?reason=Case%207`)).status,
      ).toBe(200);
    }
    await policy({});
    const trail = await company.as(
      'auditor',
      'GET',
      `/audit?subject=${company.recording.id}&q=Case%207`,
    );
    const { items } = (await trail.json()) as { items: { action: string; details: object }[] };
    expect(items.map(({ action }) => action)).toEqual(['recording.exported', 'recording.played']);
    expect(items[1]).toMatchObject({
      details: { reason: 'Case 7', trackId: 'mix' },
      actor: { name: 'compliance-officer@example.org', roles: ['compliance-officer'] },
    });
  });

  it('a host whom the policy keeps from it is in the trail, with what was asked for', async () => {
    const id = company.recording.id;
    const paths = [
      audio(),
      `/recordings/${id}/tracks/t1/audio`,
      `/recordings/${id}/tracks/t1/peaks`,
    ];
    for (const path of paths) {
      expect((await company.as('host', 'GET', `${path}?reason=Mine`)).status).toBe(403);
    }
    const query = `/audit?subject=${id}&action=access.refused&limit=3`;
    const { items } = (await (await company.as('auditor', 'GET', query)).json()) as {
      items: { details: { path: string } }[];
    };
    expect(items).toMatchObject(
      ['peaks', 'audio', 'audio'].map((part) => ({
        actor: { name: 'host@example.org', roles: ['host'] },
        ...{ outcome: 'refused', subject: { type: 'recording', id } },
        details: { method: 'GET', path: expect.stringMatching(part) as string, reason: 'Mine' },
      })),
    );
  });

  it('a range that is not there is heard by nobody, and the trail says no other', async () => {
    const { url } = company.server;
    const headers = {
      authorization: `Bearer ${company.tokens.get('compliance-officer')}`,
      range: 'bytes=1000-',
    };
    const answer = await fetch(`${url}/api/v1${audio()}?reason=Beyond`, { headers });
    expect(answer.headers.get('content-range')).toBe('bytes */1000');
    expect(await problem(answer)).toEqual({ status: 416, code: 'range-not-satisfiable' });
    const query = `/audit?subject=${company.recording.id}&q=Beyond`;
    const { items } = (await (await company.as('auditor', 'GET', query)).json()) as {
      items: unknown[];
    };
    expect(items).toEqual([]);
  });

  it('what the manifest says is one entry in the trail for each look, whole or in part', async () => {
    const path = `/recordings/${company.recording.id}`;
    const looks = ['statements', 'consents', 'timeline'];
    const said: unknown[] = [];
    for (const part of looks) {
      const answer = await company.as('compliance-officer', 'GET', `${path}/${part}`);
      said.push(await answer.json());
    }
    const [, consents, timeline] = said;
    expect(said[0]).toEqual({ consents, timeline });
    const query = `/audit?subject=${company.recording.id}&action=recording.viewed&limit=3`;
    const trail = await company.as('auditor', 'GET', query);
    const { items } = (await trail.json()) as { items: { details: { part?: string } }[] };
    expect(items.map(({ details }) => details.part)).toEqual(looks.toReversed());
  });
});

describe('hold and deletion', () => {
  const body = { reason: 'Case 7' };

  it('need a reason that says something', async () => {
    const path = `/recordings/${company.recording.id}`;
    const calls = [
      ['PUT', `${path}/hold`],
      ['DELETE', `${path}/hold`],
      ['DELETE', path],
      ['DELETE', `${path}/deletion`],
    ] as const;
    for (const [method, of] of calls) {
      for (const reason of ['\u200b', '\u3164', '\u0000', ' ', '!']) {
        const refused = await company.as('compliance-officer', method, of, { reason });
        expect(await problem(refused)).toEqual({ status: 400, code: 'bad-request' });
      }
    }
  });

  it('an officer who ceases to be one takes along what waits for a second', async () => {
    const path = `/recordings/${company.recording.id}`;
    const deletion = async (): Promise<unknown> => {
      const answer = await company.as('compliance-officer', 'GET', path);
      return ((await answer.json()) as { deletion: unknown }).deletion;
    };
    await company.as('administrator', 'PUT', '/recording-policy', { twoToDelete: true });
    for (const cease of [{ roles: ['host'] }, undefined]) {
      await company.makeUser('cat', ['compliance-officer']);
      const cat = `/users/${company.ids.get('cat')}`;
      expect((await company.as('cat', 'DELETE', path, body)).status).toBe(202);
      // What else is changed of a user does not matter.
      await company.as('administrator', 'PATCH', cat, { roles: ['host', 'compliance-officer'] });
      expect(await deletion()).toMatchObject({ by: 'cat@example.org' });
      if (cease) await company.as('administrator', 'PATCH', cat, cease);
      expect(await deletion()).toEqual(cease ? null : expect.anything());
      await company.as('administrator', 'DELETE', cat);
      expect(await deletion()).toBeNull();
    }
    const query = `/audit?subject=${company.recording.id}&action=recording.deletion-withdrawn`;
    expect(await (await company.as('auditor', 'GET', query)).json()).toMatchObject({
      items: [1, 2].map(() => ({
        actor: { kind: 'system' },
        details: { askedBy: 'cat@example.org' },
      })),
    });
    await company.as('administrator', 'PUT', '/recording-policy', {});
    await company.as('compliance-officer', 'PUT', '/recording-policy', {});
  });

  it('a policy that lets go earlier, or by one alone, takes two as well', async () => {
    const put = async (who: string, wish: object): Promise<number> =>
      (await company.as(who, 'PUT', '/recording-policy', wish)).status;
    const two = { retentionDays: 30, twoToDelete: true };
    expect(await put('compliance-officer', two)).toBe(409);
    expect(await put('administrator', two)).toBe(200);
    for (const wish of [{ ...two, retentionDays: 1 }, { retentionDays: 30 }]) {
      expect(await put('administrator', wish)).toBe(202);
      const answer = await company.as('compliance-officer', 'GET', '/recording-policy');
      const asked = { ...wish, by: 'administrator@example.org' };
      expect(await answer.json()).toMatchObject({ ...two, asked });
      expect(await put('compliance-officer', two)).toBe(409);
    }
    expect(await put('compliance-officer', { retentionDays: 30 })).toBe(200);
    const answer = await company.as('auditor', 'GET', '/recording-policy');
    expect(await answer.json()).toMatchObject({ twoToDelete: false, asked: null });
    expect(await put('administrator', {})).toBe(200);
  });

  it('two officers, by REST, with a tombstone in the end', async () => {
    const path = `/recordings/${company.recording.id}`;
    const hold = await company.as('compliance-officer', 'PUT', `${path}/hold`, body);
    expect(await hold.json()).toMatchObject({ ...body, by: 'compliance-officer@example.org' });
    expect(await (await company.as('host', 'GET', path)).json()).toMatchObject({ hold: body });
    const held = await company.as('officer2', 'DELETE', path, body);
    expect(await problem(held)).toEqual({ status: 409, code: 'conflict' });
    expect((await company.as('officer2', 'DELETE', `${path}/hold`, body)).status).toBe(204);
    await company.as('administrator', 'PUT', '/recording-policy', { twoToDelete: true });
    expect((await company.as('compliance-officer', 'DELETE', path, body)).status).toBe(202);
    expect((await company.as('compliance-officer', 'GET', path)).status).toBe(200);
    expect((await company.as('officer2', 'DELETE', path, { reason: 'Agreed' })).status).toBe(204);
    expect((await company.as('compliance-officer', 'GET', path)).status).toBe(404);
    const tombstone = await company.as('auditor', 'GET', `/tombstones/${company.recording.id}`);
    expect(await tombstone.json()).toMatchObject({
      by: ['compliance-officer@example.org', 'officer2@example.org'],
      reason: 'Case 7; Agreed',
    });
    const trail = await company.as(
      'auditor',
      'GET',
      `/audit?subject=${company.recording.id}&action=recording&limit=6`,
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
    await company.server.rest('DELETE', '/sessions', undefined, await company.signIn(ADMIN));
    await company.makeUser('passing', ['host']);
    const passing = `/users/${company.ids.get('passing')}`;
    await company.as('administrator', 'PATCH', passing, { roles: ['auditor'] });
    await company.as('administrator', 'DELETE', passing);
    await company.as('auditor', 'GET', '/audit');
    const wrong = { email: 'host2@example.org', password: 'not this one' };
    await company.server.rest('POST', '/sessions', wrong);
    const export1 = await company.as('auditor', 'GET', '/audit/export');
    expect(export1.headers.get('content-type')).toMatch(/^application\/jsonl/);
    const text = await export1.text();
    expect(text).not.toContain('not this one');
    expect(text).not.toContain(PASSWORD);
    for (const token of company.tokens.values()) expect(text).not.toContain(token);
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
    const verdict = await company.as('auditor', 'GET', '/audit/verify');
    expect(await verdict.json()).toMatchObject({ ok: true, flaw: null });
  });
});
