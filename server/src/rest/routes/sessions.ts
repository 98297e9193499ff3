import { AppError, createSessionSchema } from '@switchroom/protocol';
import { FailureLimiter } from '../../identity/FailureLimiter.ts';
import type { RestDeps } from '../RestDeps.ts';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import { sessionViewSchema } from '../views.ts';

/** Signing in and out. */
export function sessionEndpoints({ users, sessions }: RestDeps): Endpoint[] {
  const failures = new FailureLimiter({
    failures: 10,
    seconds: 600,
    message: 'Too many wrong passwords; wait ten minutes.',
  });
  return [
    endpoint({
      method: 'post',
      path: '/sessions',
      summary: 'Signs in',
      auth: false,
      body: createSessionSchema,
      status: 201,
      response: sessionViewSchema,
      errors: ['unauthenticated', 'rate-limited'],
      async handle({ body, request }) {
        const key = `${request.ip ?? ''} ${body.email}`;
        await failures.check(key);
        const user = await users.check(body.email, body.password);
        if (!user) {
          await failures.failed(key);
          throw new AppError('unauthenticated', 'E-mail address or password is wrong.');
        }
        await failures.succeeded(key);
        return { token: await sessions.create(user), user };
      },
    }),
    endpoint({
      method: 'delete',
      path: '/sessions',
      summary: 'Signs out: the token is of no use from now on',
      auth: true,
      status: 204,
      async handle({ token }) {
        await sessions.end(token);
      },
    }),
  ];
}
