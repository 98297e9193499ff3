import { USER_ROLES, type UserRole, type UserView } from '@switchroom/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, problem } from '../serverHarness.ts';
import { Company, PASSWORD } from './Company.ts';

let company: Company;

beforeAll(async () => {
  company = await Company.open();
}, 60_000);
afterAll(() => company.close());

describe('users', () => {
  it('the first administrator holds all roles, by name, and the trail says so', async () => {
    const token = await company.signIn(ADMIN);
    const me = (await (
      await company.server.rest('GET', '/users/me', undefined, token)
    ).json()) as UserView;
    expect(me.roles).toEqual([...USER_ROLES]);
    const trail = await company.server.rest('GET', `/audit?action=user.created&subject=${me.id}`);
    expect(await trail.json()).toMatchObject({
      items: [{ actor: { kind: 'system' }, details: { roles: [...USER_ROLES], first: true } }],
    });
  });

  it('roles that are taken away count at once; nobody takes back what they gave up', async () => {
    await company.makeUser('both', ['administrator', 'auditor']);
    const path = `/users/${company.ids.get('both')}`;
    expect((await company.as('both', 'GET', '/audit')).status).toBe(200);
    expect((await company.as('both', 'PATCH', path, { roles: ['administrator'] })).status).toBe(
      200,
    );
    expect((await company.as('both', 'GET', '/audit')).status).toBe(403);
    const again = await company.as('both', 'PATCH', path, { roles: ['administrator', 'auditor'] });
    expect(await problem(again)).toEqual({ status: 403, code: 'forbidden' });
    expect((await company.as('administrator', 'DELETE', path)).status).toBe(204);
    expect((await company.as('both', 'GET', '/users/me')).status).toBe(401);
    const gone = await company.server.rest('POST', '/sessions', {
      email: 'both@example.org',
      password: PASSWORD,
    });
    expect(gone.status).toBe(401);
    // The address is free for another.
    await company.makeUser('both', ['host']);
  });

  it('an address is taken once; a password is changed by oneself with the old one only', async () => {
    const taken = await company.as('administrator', 'POST', '/users', {
      ...{ email: 'HOST2@example.org', password: PASSWORD, roles: ['host'] },
    });
    expect(await problem(taken)).toEqual({ status: 409, code: 'conflict' });
    const change = (password: string): Promise<Response> =>
      company.as('host2', 'PUT', '/users/me/password', { password, newPassword: 'another one' });
    expect((await change('wrong')).status).toBe(403);
    const own = `/audit?subject=${company.ids.get('host2')}&action=user.changed`;
    expect(await (await company.as('auditor', 'GET', own)).json()).toMatchObject({
      items: [{ outcome: 'refused' }],
    });
    expect((await change(PASSWORD)).status).toBe(204);
    expect((await company.as('host2', 'GET', '/users/me')).status).toBe(401);
    const credentials = { email: 'host2@example.org', password: 'another one' };
    company.tokens.set('host2', await company.signIn(credentials));
    expect((await company.as('host2', 'GET', '/users/me')).status).toBe(200);
  });

  it('the password of a session that was got hold of is not guessed for long', async () => {
    await company.makeUser('victim', ['host']);
    const guess = (): Promise<Response> =>
      company.as('victim', 'PUT', '/users/me/password', {
        password: 'guess',
        newPassword: 'another one',
      });
    for (let times = 0; times < 10; times += 1) expect((await guess()).status).toBe(403);
    expect(await problem(await guess())).toEqual({ status: 429, code: 'rate-limited' });
  });

  it('somebody stays administrator', async () => {
    const list = (await (await company.server.rest('GET', '/users')).json()) as UserView[];
    const first = list.find(({ email }) => email === ADMIN.email)!;
    const me = company.ids.get('administrator')!;
    const others: UserRole[] = ['host', 'compliance-officer', 'auditor'];
    expect(
      (await company.as('administrator', 'PATCH', `/users/${first.id}`, { roles: others })).status,
    ).toBe(200);
    const last = [
      await company.as('administrator', 'PATCH', `/users/${me}`, { roles: ['host'] }),
      await company.as('administrator', 'DELETE', `/users/${me}`),
    ];
    // Of oneself it is not even a host that one becomes.
    expect(last.map(({ status }) => status)).toEqual([403, 409]);
    const back = await company.as('administrator', 'PATCH', `/users/${first.id}`, {
      roles: [...USER_ROLES],
    });
    expect(back.status).toBe(200);
  });
});
