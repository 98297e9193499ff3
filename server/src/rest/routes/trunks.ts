import { createTrunkSchema, updateTrunkSchema } from '@switchroom/protocol';
import { z } from 'zod';
import type { AuditSource, Note } from '../../audit/AuditTrail.ts';
import { trunkView, type Trunk } from '../../trunks/TrunkStore.ts';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import type { RestDeps } from '../RestDeps.ts';
import { trunkViewSchema } from '../views.ts';

const byId = z.object({ id: z.string().max(64) });
const administrator = { auth: true, roles: ['administrator'] } as const;

/** Whom phone calls may come from, and who takes calls to the outside. */
export function trunkEndpoints({ dialPlan: { trunks }, trail }: RestDeps): Endpoint[] {
  const noteOf =
    (action: string, source: AuditSource): Note<Trunk> =>
    (db, trunk) => {
      const { id, ...shown } = trunkView(trunk);
      // As REST shows it: nothing secret is in it.
      const details = { name: trunk.name, trunk: JSON.stringify(shown) };
      return trail.append({ ...source, action, subject: { type: 'trunk', id }, details }, db);
    };
  return [
    endpoint({
      ...administrator,
      method: 'get',
      path: '/trunks',
      summary: 'All trunks, the oldest first',
      status: 200,
      response: z.array(trunkViewSchema),
      handle: async () => (await trunks.list()).map(trunkView),
    }),
    endpoint({
      ...administrator,
      method: 'post',
      path: '/trunks',
      summary: 'Makes a trunk; its passwords are never shown again',
      body: createTrunkSchema,
      status: 201,
      response: trunkViewSchema,
      errors: ['conflict'],
      async handle({ body, source, response }) {
        const trunk = await trunks.create(body, noteOf('trunk.created', source));
        response.location(`/api/v1/trunks/${trunk.id}`);
        return trunkView(trunk);
      },
    }),
    endpoint({
      ...administrator,
      method: 'get',
      path: '/trunks/:id',
      summary: 'One trunk',
      params: byId,
      status: 200,
      response: trunkViewSchema,
      errors: ['not-found'],
      handle: async ({ params }) => trunkView(await trunks.get(params.id)),
    }),
    endpoint({
      ...administrator,
      method: 'patch',
      path: '/trunks/:id',
      summary: 'Changes what is given, for the calls to come; digest and outbound are given whole',
      params: byId,
      body: updateTrunkSchema,
      status: 200,
      response: trunkViewSchema,
      errors: ['not-found', 'conflict'],
      handle: async ({ params, body, source }) =>
        trunkView(await trunks.update(params.id, body, noteOf('trunk.changed', source))),
    }),
    endpoint({
      ...administrator,
      method: 'delete',
      path: '/trunks/:id',
      summary: 'Removes a trunk that no DID is bound to',
      params: byId,
      status: 204,
      errors: ['not-found', 'conflict'],
      handle: ({ params, source }) => trunks.delete(params.id, noteOf('trunk.removed', source)),
    }),
  ];
}
