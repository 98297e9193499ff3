import { recordingPolicySchema } from '@switchroom/protocol';
import { z } from 'zod';
import { hasRole } from '../../identity/roles.ts';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import type { RestDeps } from '../RestDeps.ts';
import { recordingPolicyViewSchema, tombstoneViewSchema } from '../views.ts';

const byId = z.object({ id: z.string().max(64) });
const reader = { auth: true, roles: ['compliance-officer', 'auditor'] } as const;
const tombstonesQuerySchema = z.object({
  cursor: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** How long recordings are kept, and what is left of those that are not. */
export function retentionEndpoints(deps: RestDeps): Endpoint[] {
  const { recordingPolicy, policyChanges, deletions, mover } = deps;
  const view = () => {
    const { asked } = policyChanges;
    return {
      ...recordingPolicy.value,
      asked: asked && { ...asked.policy, by: asked.by, at: asked.at },
    };
  };
  return [
    endpoint({
      auth: true,
      roles: ['administrator', 'compliance-officer', 'auditor'],
      method: 'get',
      path: '/recording-policy',
      summary: 'How recordings are kept, heard and deleted',
      status: 200,
      response: recordingPolicyViewSchema,
      handle: view,
    }),
    endpoint({
      auth: true,
      roles: ['administrator', 'compliance-officer'],
      method: 'put',
      path: '/recording-policy',
      summary:
        'Sets it, for the recordings that there are as well; what is not named is as at first. A looser one, where two are wanted, waits (202) for an officer to put the same',
      body: recordingPolicySchema,
      status: 200,
      response: recordingPolicyViewSchema,
      errors: ['conflict'],
      async handle({ body, user, source, response }) {
        const { id } = user;
        const isSecond = hasRole(user, 'compliance-officer') && policyChanges.awaits(body, id);
        if (isSecond || !hasRole(user, 'administrator')) await policyChanges.confirm(body, source);
        else if ((await policyChanges.ask(body, source)) === 'waiting') response.status(202);
        mover?.renew();
        response.json(view());
      },
    }),
    endpoint({
      ...reader,
      method: 'get',
      path: '/tombstones',
      summary: 'What is left of recordings that were deleted, newest first',
      query: tombstonesQuerySchema,
      status: 200,
      response: z.object({
        items: z.array(tombstoneViewSchema),
        nextCursor: z.string().nullable(),
      }),
      async handle({ query: { limit, cursor } }) {
        const items = await deletions.tombstones(limit + 1, cursor);
        const page = items.slice(0, limit);
        const last = page.at(-1);
        return { items: page, nextCursor: items.length > page.length && last ? last.id : null };
      },
    }),
    endpoint({
      ...reader,
      method: 'get',
      path: '/tombstones/:id',
      summary: 'What is left of one',
      params: byId,
      status: 200,
      response: tombstoneViewSchema,
      errors: ['not-found'],
      handle: ({ params }) => deletions.tombstone(params.id),
    }),
  ];
}
