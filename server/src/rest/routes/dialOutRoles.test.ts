import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CallView, UserRole } from '@switchroom/protocol';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditTrail } from '../../audit/AuditTrail.ts';
import { CallsBench, NUMBER } from '../../calls/testing/CallsBench.ts';
import type { Sessions } from '../../identity/Sessions.ts';
import { MeetingStore, type Meeting } from '../../meetings/MeetingStore.ts';
import { problemHandler } from '../problem.ts';
import type { RestDeps } from '../RestDeps.ts';
import { callEndpoints } from './calls.ts';
import { dialOutEndpoints } from './dialOut.ts';
import { trunkEndpoints } from './trunks.ts';

/** Tokens as `role id`, spelled with a dot. */
const sessions = {
  find: async (token: string) => {
    const [role, id] = token.split('.') as [UserRole, string];
    return { role, roles: [role], id, email: '' };
  },
} as Pick<Sessions, 'find'> as Sessions;
const WHO = ['administrator.u9', 'host.u1', 'host.u2'] as const;

let bench: CallsBench;
let server: Server;
let meeting: Meeting;
let call: CallView;
beforeEach(async () => {
  bench = await CallsBench.open();
  const calls = await bench.makeCalls();
  // Of u1.
  meeting = await bench.makeMeeting();
  call = await calls.create(meeting, { number: NUMBER, name: 'Bea' }, { userId: 'u1' });
  const meetings = new MeetingStore(bench.db);
  const { dialOut, dialPlan } = bench;
  const trail = new AuditTrail(bench.db);
  const deps = {
    calls,
    meetings,
    dialOut,
    dialPlan,
    trail,
  } satisfies Partial<RestDeps> as RestDeps;
  const app = express().use(express.json({ type: () => true }));
  for (const one of [...callEndpoints(deps), ...dialOutEndpoints(deps), ...trunkEndpoints(deps)]) {
    app[one.method](one.path, one.listener({ sessions, trail }));
  }
  app.use(problemHandler(bench.logger));
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.close();
  await bench.close();
});

async function ask(
  who: string,
  method: string,
  path: string,
  body?: object,
): Promise<[number, string]> {
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { authorization: `Bearer ${who}` },
    ...(body && { body: JSON.stringify(body) }),
  });
  return [answer.status, await answer.text()];
}

describe('who may what', () => {
  it.each([
    ['POST', '/meetings/M/calls', { number: NUMBER }, [403, 202, 404]],
    ['GET', '/meetings/M/calls', undefined, [403, 200, 404]],
    ['GET', '/dial-out', undefined, [200, 403, 403]],
    ['PUT', '/dial-out', { allowed: ['+44'] }, [200, 403, 403]],
    ['GET', '/trunks', undefined, [200, 403, 403]],
    ['POST', '/trunks', { name: 'T', cidrs: ['192.0.2.0/24'] }, [201, 403, 403]],
  ] as const)('%s %s', async (method, path, body, expected) => {
    const answers: [number, string][] = [];
    for (const who of WHO.toReversed())
      answers.unshift(await ask(who, method, path.replace('M', meeting.id), body));
    expect(answers.map(([status]) => status)).toEqual(expected);
    // Nothing leaks to who may not.
    expect(answers[2]![1]).not.toMatch(/Bea|\+1|192\.0/);
  });

  it('DELETE of a call: the owner’s alone', async () => {
    const path = `/meetings/${meeting.id}/calls/${call.id}`;
    expect((await ask('host.u2', 'DELETE', path))[0]).toBe(404);
    expect(bench.gateway.cancelled).toEqual([]);
    // Nor by way of a meeting of one's own, or of none.
    const other = await bench.makeMeeting();
    expect((await ask('host.u1', 'DELETE', `/meetings/${other.id}/calls/${call.id}`))[0]).toBe(404);
    expect((await ask('host.u1', 'DELETE', path))[0]).toBe(204);
    expect(bench.gateway.cancelled).toEqual([call.id]);
    expect((await ask('administrator.u9', 'DELETE', path))[0]).toBe(403);
  });

  it('a meeting that has ended calls nobody', async () => {
    await new MeetingStore(bench.db).end(meeting.id);
    const [status, text] = await ask('host.u1', 'POST', `/meetings/${meeting.id}/calls`, {
      number: NUMBER,
    });
    expect([status, text]).toEqual([410, expect.stringContaining('meeting-ended')]);
  });
});
