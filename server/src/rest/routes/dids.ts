import { createDidSchema, updateDidSchema } from '@switchroom/protocol';
import { z } from 'zod';
import type { AuditSource, Note } from '../../audit/AuditTrail.ts';
import type { Did } from '../../trunks/DidStore.ts';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import type { RestDeps } from '../RestDeps.ts';
import { didViewSchema } from '../views.ts';

const byId = z.object({ id: z.string().max(64) });
const administrator = { auth: true, roles: ['administrator'] } as const;

/** The numbers that lead here. */
export function didEndpoints({ dialPlan: { dids }, trail }: RestDeps): Endpoint[] {
  const noteOf =
    (action: string, source: AuditSource): Note<Did> =>
    (db, { id, createdAt: _, ...details }) =>
      trail.append({ ...source, action, subject: { type: 'did', id }, details }, db);
  return [
    endpoint({
      ...administrator,
      method: 'get',
      path: '/dids',
      summary: 'All DIDs, the oldest first',
      status: 200,
      response: z.array(didViewSchema),
      handle: () => dids.list(),
    }),
    endpoint({
      ...administrator,
      method: 'post',
      path: '/dids',
      summary: 'Makes a DID, to the PIN prompt or straight to one meeting',
      body: createDidSchema,
      status: 201,
      response: didViewSchema,
      errors: ['conflict', 'meeting-ended'],
      async handle({ body, source, response }) {
        const did = await dids.create(body, noteOf('did.created', source));
        response.location(`/api/v1/dids/${did.id}`);
        return did;
      },
    }),
    endpoint({
      ...administrator,
      method: 'get',
      path: '/dids/:id',
      summary: 'One DID',
      params: byId,
      status: 200,
      response: didViewSchema,
      errors: ['not-found'],
      handle: ({ params }) => dids.get(params.id),
    }),
    endpoint({
      ...administrator,
      method: 'patch',
      path: '/dids/:id',
      summary: 'Changes what is given, for the calls to come',
      params: byId,
      body: updateDidSchema,
      status: 200,
      response: didViewSchema,
      errors: ['not-found', 'conflict', 'meeting-ended'],
      handle: ({ params, body, source }) =>
        dids.update(params.id, body, noteOf('did.changed', source)),
    }),
    endpoint({
      ...administrator,
      method: 'delete',
      path: '/dids/:id',
      summary: 'Removes a DID',
      params: byId,
      status: 204,
      errors: ['not-found'],
      handle: ({ params, source }) => dids.delete(params.id, noteOf('did.removed', source)),
    }),
  ];
}
