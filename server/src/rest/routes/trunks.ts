import { createTrunkSchema, updateTrunkSchema } from '@switchroom/protocol';
import { z } from 'zod';
import { trunkView } from '../../trunks/TrunkStore.ts';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import type { RestDeps } from '../RestDeps.ts';
import { trunkViewSchema } from '../views.ts';

const byId = z.object({ id: z.string().max(64) });
const administrator = { auth: true, administrator: true } as const;

/** Whom phone calls may come from, and who takes calls to the outside. */
export function trunkEndpoints({ dialPlan: { trunks } }: RestDeps): Endpoint[] {
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
      async handle({ body, response }) {
        const trunk = await trunks.create(body);
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
      handle: async ({ params, body }) => trunkView(await trunks.update(params.id, body)),
    }),
    endpoint({
      ...administrator,
      method: 'delete',
      path: '/trunks/:id',
      summary: 'Removes a trunk that no DID is bound to',
      params: byId,
      status: 204,
      errors: ['not-found', 'conflict'],
      handle: ({ params }) => trunks.delete(params.id),
    }),
  ];
}
