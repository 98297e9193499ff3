import { AppError, createSessionSchema } from '@switchroom/protocol';
import { nobodyAt, userAt } from '../../audit/AuditTrail.ts';
import { FailureLimiter } from '../../identity/FailureLimiter.ts';
import type { RestDeps } from '../RestDeps.ts';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import { sessionViewSchema } from '../views.ts';

/** Signing in and out. */
export function sessionEndpoints({ users, sessions, trail }: RestDeps): Endpoint[] {
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
          const isLast = await failures.failed(key);
          await trail.append({
            ...{ ...nobodyAt(request.ip), action: 'session.failed', outcome: 'failed' },
            subject: { type: 'user', id: await users.idOf(body.email) },
            details: {
              // Some key a password here.
              email: body.email.includes('@') ? body.email : null,
              ...(isLast && { lockedOut: true }),
            },
          });
          throw new AppError('unauthenticated', 'E-mail address or password is wrong.');
        }
        await failures.succeeded(key);
        const token = await sessions.create(user, Date.now(), (db) =>
          trail.append(
            {
              ...{ ...userAt(user, request.ip), action: 'session.started' },
              subject: { type: 'user', id: user.id },
            },
            db,
          ),
        );
        return { token, user };
      },
    }),
    endpoint({
      method: 'delete',
      path: '/sessions',
      summary: 'Signs out: the token is of no use from now on',
      auth: true,
      status: 204,
      async handle({ token, user, source }) {
        const subject = { type: 'user', id: user.id };
        await sessions.end(token, (db) =>
          trail.append({ ...source, action: 'session.ended', subject }, db),
        );
      },
    }),
  ];
}
