import {
  AppError,
  changePasswordSchema,
  createUserSchema,
  updateUserSchema,
  type UserView,
} from '@switchroom/protocol';
import { z } from 'zod';
import type { AuditSource, Note } from '../../audit/AuditTrail.ts';
import { FailureLimiter } from '../../identity/FailureLimiter.ts';
import { hasRole } from '../../identity/roles.ts';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import type { RestDeps } from '../RestDeps.ts';
import { userViewSchema } from '../views.ts';

const byId = z.object({ id: z.string().max(64) });
const administrator = { auth: true, roles: ['administrator'] } as const;

/** Those who sign in, and what they may do. */
export function userEndpoints({ users, userStore, trail, deletions }: RestDeps): Endpoint[] {
  // Of one's own password, by whoever has got hold of a session.
  const guesses = new FailureLimiter({
    failures: 10,
    seconds: 600,
    message: 'Too many wrong passwords; wait ten minutes.',
  });
  const noteOf =
    (action: string, source: AuditSource, more: Record<string, string> = {}): Note<UserView> =>
    (db, { id, email, roles }) => {
      const details = { email, roles, ...more };
      return trail.append({ ...source, action, subject: { type: 'user', id }, details }, db);
    };
  return [
    endpoint({
      ...administrator,
      method: 'get',
      path: '/users',
      summary: 'All users, the oldest first',
      status: 200,
      response: z.array(userViewSchema),
      handle: () => userStore.list(),
    }),
    endpoint({
      ...administrator,
      method: 'post',
      path: '/users',
      summary: 'Makes a user',
      body: createUserSchema,
      status: 201,
      response: userViewSchema,
      errors: ['conflict'],
      async handle({ body, source, response }) {
        const user = await userStore.create(body, noteOf('user.created', source));
        response.location(`/api/v1/users/${user.id}`);
        return user;
      },
    }),
    endpoint({
      auth: true,
      method: 'get',
      path: '/users/me',
      summary: 'Oneself',
      status: 200,
      response: userViewSchema,
      handle: ({ user }) => userStore.get(user.id),
    }),
    endpoint({
      auth: true,
      method: 'put',
      path: '/users/me/password',
      summary: 'Changes one’s own password, and signs one out everywhere',
      body: changePasswordSchema,
      status: 204,
      errors: ['forbidden', 'rate-limited'],
      async handle({ body, user, source }) {
        await guesses.check(user.id);
        if (!(await users.check(user.email, body.password))) {
          await guesses.failed(user.id);
          const subject = { type: 'user', id: user.id };
          await trail.append({ ...source, action: 'user.changed', outcome: 'refused', subject });
          throw new AppError('forbidden', 'The password is wrong.');
        }
        await guesses.succeeded(user.id);
        const note = noteOf('user.changed', source, { password: 'set' });
        await userStore.update(user.id, { password: body.newPassword }, note);
      },
    }),
    endpoint({
      ...administrator,
      method: 'get',
      path: '/users/:id',
      summary: 'One user',
      params: byId,
      status: 200,
      response: userViewSchema,
      errors: ['not-found'],
      handle: ({ params }) => userStore.get(params.id),
    }),
    endpoint({
      ...administrator,
      method: 'patch',
      path: '/users/:id',
      summary: 'Changes roles or password; nobody gives roles to themselves',
      params: byId,
      body: updateUserSchema,
      status: 200,
      response: userViewSchema,
      errors: ['not-found', 'conflict'],
      handle({ params, body, user, source }) {
        const isOwn = params.id === user.id;
        if (isOwn && body.roles?.some((role) => !user.roles.includes(role)) === true) {
          throw new AppError('forbidden', 'Another administrator must give you roles.');
        }
        const more = body.password === undefined ? {} : { password: 'set' };
        const note = noteOf('user.changed', source, more);
        return userStore.update(params.id, body, async (db, changed) => {
          await note(db, changed);
          if (!hasRole(changed, 'compliance-officer')) await deletions.withdrawAllOf(params.id, db);
        });
      },
    }),
    endpoint({
      ...administrator,
      method: 'delete',
      path: '/users/:id',
      summary: 'Removes a user; the meetings and what the audit trail says stay',
      params: byId,
      status: 204,
      errors: ['not-found', 'conflict'],
      handle({ params, source }) {
        const note = noteOf('user.removed', source);
        return userStore.remove(params.id, async (db, removed) => {
          await note(db, removed);
          await deletions.withdrawAllOf(params.id, db);
        });
      },
    }),
  ];
}
