import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import type { UserRole } from '@switchroom/protocol';
import express from 'express';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import type { AuditDraft, AuditTrail } from '../audit/AuditTrail.ts';
import type { Sessions } from '../identity/Sessions.ts';
import { endpoint } from './Endpoint.ts';
import { openapi } from './openapi.ts';
import { problemHandler } from './problem.ts';

it('an endpoint for administrators refuses everybody else, and says so in openapi.json', async () => {
  const one = endpoint({
    method: 'get',
    path: '/secret',
    summary: 'A secret',
    auth: true,
    roles: ['administrator'],
    status: 200,
    handle: ({ user }) => ({ role: user.role }),
  });
  const sessions = {
    find: async (token: string) => ({
      id: '1',
      email: '',
      role: token as UserRole,
      roles: [token as UserRole],
    }),
  } as Pick<Sessions, 'find'> as Sessions;
  const written: AuditDraft[] = [];
  const trail = {
    append: async (draft: AuditDraft) => void written.push(draft),
  } as unknown as AuditTrail;
  const app = express();
  app.get('/secret', one.listener({ sessions, trail }));
  app.use(problemHandler(pino({ level: 'silent' })));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const ask = (token: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/secret`, {
      headers: { authorization: `Bearer ${token}` },
    });
  expect(await (await ask('administrator')).json()).toEqual({ role: 'administrator' });
  const refused = await ask('host');
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({ code: 'forbidden' });
  expect(written).toMatchObject([{ action: 'access.refused', details: { path: '/secret' } }]);
  expect(JSON.stringify(openapi([one]))).toContain('forbidden');
  server.close();
});
