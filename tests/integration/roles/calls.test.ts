import { USER_ROLES, type UserRole } from '@switchroom/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problem } from '../serverHarness.ts';
import { ALLOWED, OPEN } from './allowed.ts';
import { Company, PASSWORD } from './Company.ts';

let company: Company;

beforeAll(async () => {
  company = await Company.open();
}, 60_000);
afterAll(() => company.close());

const CALLS = Object.entries(ALLOWED);
const UNKNOWN = '5f8c8f0e-5c1d-4f0b-8a51-0f3f1a1f2b3c';

/** Every combination of two roles and more. */
const COMBINATIONS: UserRole[][] = Array.from({ length: 2 ** USER_ROLES.length }, (_, bits) =>
  USER_ROLES.filter((_role, bit) => (bits >> bit) & 1),
).filter(({ length }) => length > 1);

interface Operation {
  'x-roles'?: UserRole[];
  security?: unknown;
}

async function described(): Promise<Map<string, Operation>> {
  const response = await company.server.rest('GET', '/openapi.json');
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, Operation>> };
  return new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, one]) => [`${method.toUpperCase()} ${path}`, one]),
    ),
  );
}

/** All of an answer but when it was given. */
async function whole(answer: Response): Promise<unknown> {
  const headers = [...answer.headers].filter(([name]) => name !== 'date');
  return { status: answer.status, headers, body: await answer.text() };
}

describe('each role, each call', () => {
  it('the table is of all calls that there are, and of the roles that they name', async () => {
    const calls = await described();
    expect([...Object.keys(ALLOWED), ...OPEN].sort()).toEqual([...calls.keys()].sort());
    for (const [call, { security, 'x-roles': roles = USER_ROLES }] of calls) {
      if (OPEN.includes(call)) expect(security, call).toBeUndefined();
      // Who is named may yet be kept out by the policy, and nobody else let in.
      else expect([...roles], call).toEqual(expect.arrayContaining(ALLOWED[call]!));
    }
  });

  it.each(CALLS)('%s: %j', async (call, allowed) => {
    const [method = '', path = ''] = call.split(' ');
    const verdicts: UserRole[] = [];
    for (const role of USER_ROLES) {
      // Of a session of its own where it is ended.
      const token =
        call === 'DELETE /sessions'
          ? await company.signIn({ email: `${role}@example.org`, password: PASSWORD })
          : company.tokens.get(role);
      const response = await company.server.rest(
        method,
        company.pathOf(path, 'x'),
        undefined,
        token,
      );
      if (response.status !== 403) verdicts.push(role);
      else expect(await problem(response)).toEqual({ status: 403, code: 'forbidden' });
      expect([call, role, response.status]).not.toContain(500);
    }
    expect(verdicts).toEqual(allowed);
    for (const token of ['none', '']) {
      const nobody = await company.server.rest(method, company.pathOf(path, 'x'), undefined, token);
      expect(await problem(nobody)).toEqual({ status: 401, code: 'unauthenticated' });
    }
  });

  it.each(COMBINATIONS.map((roles) => [roles.join(', '), roles] as const))(
    '%s may what each of them may, and no more',
    async (name, roles) => {
      await company.makeUser(roles.join('.'), roles);
      // The one that ends the session is the last.
      const calls = CALLS.toSorted(
        ([a], [b]) => +(a === 'DELETE /sessions') - +(b === 'DELETE /sessions'),
      );
      const wrong: unknown[] = [];
      for (const [call, allowed] of calls) {
        const [method = '', path = ''] = call.split(' ');
        const { status } = await company.as(roles.join('.'), method, company.pathOf(path, 'x'));
        const may = roles.some((role) => allowed.includes(role));
        if ((status !== 403) !== may || status === 401 || status === 500)
          wrong.push([name, call, status]);
      }
      expect(wrong).toEqual([]);
    },
  );
});

describe('a call that a role may not make', () => {
  it.each(
    CALLS.filter(([call, allowed]) => call.includes('{') && allowed.length < USER_ROLES.length),
  )('%s says the same whether there is such a thing or not', async (call, allowed) => {
    const [method = '', path = ''] = call.split(' ');
    for (const role of USER_ROLES.filter((one) => !allowed.includes(one))) {
      const real = await whole(await company.as(role, method, company.pathOf(path)));
      const unknown = await whole(await company.as(role, method, company.pathOf(path, UNKNOWN)));
      expect(real).toMatchObject({ status: 403 });
      expect(real, role).toEqual(unknown);
    }
  });
});

describe('what is another host’s', () => {
  /** What the call needs to get as far as looking for it. */
  const BODIES: Record<string, unknown> = {
    'PATCH /meetings/{id}': { lobby: true },
    'POST /meetings/{id}/recording': { action: 'start' },
    'PATCH /meetings/{id}/participants/{participantId}': { muted: true },
    'POST /meetings/{id}/calls': { number: '+15550001234' },
  };
  const hosts = [
    ...CALLS.filter(([call, allowed]) => call.includes('{id}') && allowed.includes('host')).map(
      ([call]) => call,
    ),
    // By the policy.
    ...['audio', 'tracks/{trackId}/audio', 'tracks/{trackId}/peaks'].map(
      (what) => `GET /recordings/{id}/${what}`,
    ),
  ];

  it.each(hosts)('%s: the same 404 as what there is not, to the last byte', async (call) => {
    const [method = '', path = ''] = call.split(' ');
    await company.as('administrator', 'PUT', '/recording-policy', { hostsMayPlay: true });
    const real = await whole(await company.as('host2', method, company.pathOf(path), BODIES[call]));
    const unknown = await whole(
      await company.as('host2', method, company.pathOf(path, UNKNOWN), BODIES[call]),
    );
    await company.as('administrator', 'PUT', '/recording-policy', {});
    expect(real).toMatchObject({ status: 404 });
    expect(real).toEqual(unknown);
  });

  it('is there for its owner all the while', async () => {
    const { meeting, recording } = company;
    for (const path of [
      ...[`/meetings/${meeting.id}`, `/meetings/${meeting.id}/participants`],
      ...[`/meetings/${meeting.id}/calls`, `/recordings/${recording.id}`],
    ]) {
      expect((await company.as('host', 'GET', path)).status).toBe(200);
    }
  });
});
