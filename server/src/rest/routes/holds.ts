import { reasonSchema } from '@switchroom/protocol';
import { z } from 'zod';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import type { RestDeps } from '../RestDeps.ts';
import { statedSchema } from '../views.ts';

const byId = z.object({ id: z.string().max(64) });
const officer = {
  auth: true,
  roles: ['compliance-officer'],
  params: byId,
  body: reasonSchema,
} as const;

/** Legal hold, and letting a recording go. */
export function holdEndpoints({ keeping, deletions, mover }: RestDeps): Endpoint[] {
  return [
    endpoint({
      ...officer,
      method: 'put',
      path: '/recordings/:id/hold',
      summary: 'Legal hold: nobody deletes it, and it does not expire; again, with another reason',
      status: 200,
      response: statedSchema,
      errors: ['not-found'],
      async handle({ params, body, source }) {
        const hold = await keeping.hold(params.id, { source, ...body });
        mover?.renew();
        return hold;
      },
    }),
    endpoint({
      ...officer,
      method: 'delete',
      path: '/recordings/:id/hold',
      summary: 'Lifts the legal hold',
      status: 204,
      errors: ['not-found', 'conflict'],
      async handle({ params, body, source }) {
        await keeping.lift(params.id, { source, ...body });
        mover?.renew();
      },
    }),
    endpoint({
      ...officer,
      method: 'delete',
      path: '/recordings/:id',
      summary:
        'Deletes sound and keys for good (204); where the policy wants two, waits for a second officer (202)',
      status: 204,
      errors: ['not-found', 'conflict', 'write-once', 'unavailable'],
      async handle({ params, body, source, response }) {
        const verdict = await deletions.delete(params.id, { source, ...body });
        if (verdict === 'waiting') response.status(202).json({ state: 'waiting' });
      },
    }),
    endpoint({
      ...officer,
      method: 'delete',
      path: '/recordings/:id/deletion',
      summary: 'Takes back a deletion that waits for a second officer',
      status: 204,
      errors: ['not-found'],
      handle: ({ params, body, source }) => deletions.withdraw(params.id, { source, ...body }),
    }),
  ];
}
