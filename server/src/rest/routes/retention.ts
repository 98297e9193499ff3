import { recordingPolicySchema } from '@switchroom/protocol';
import { z } from 'zod';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import type { RestDeps } from '../RestDeps.ts';
import { tombstoneViewSchema } from '../views.ts';

const byId = z.object({ id: z.string().max(64) });
const reader = { auth: true, roles: ['compliance-officer', 'auditor'] } as const;
const tombstonesQuerySchema = z.object({
  cursor: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** How long recordings are kept, and what is left of those that are not. */
export function retentionEndpoints(deps: RestDeps): Endpoint[] {
  const { recordingPolicy, deletions, trail, mover } = deps;
  return [
    endpoint({
      auth: true,
      roles: ['administrator', 'compliance-officer', 'auditor'],
      method: 'get',
      path: '/recording-policy',
      summary: 'How recordings are kept, heard and deleted',
      status: 200,
      response: recordingPolicySchema,
      handle: () => recordingPolicy.value,
    }),
    endpoint({
      auth: true,
      roles: ['administrator'],
      method: 'put',
      path: '/recording-policy',
      summary:
        'Sets it, for the recordings that there are as well; what is not named is as at first',
      body: recordingPolicySchema,
      status: 200,
      response: recordingPolicySchema,
      async handle({ body, source }) {
        const subject = { type: 'policy', id: 'recording-policy' };
        await recordingPolicy.set(body, (db) =>
          trail.append({ ...source, action: 'policy.changed', subject, details: body }, db),
        );
        mover?.renew();
        return recordingPolicy.value;
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
