import { listAuditQuerySchema, auditEntrySchema } from '@switchroom/protocol';
import { z } from 'zod';
import { given } from '../../audit/given.ts';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import type { RestDeps } from '../RestDeps.ts';
import { sendStream } from '../sendAudio.ts';

const auditor = { auth: true, roles: ['auditor'], method: 'get', status: 200 } as const;
const TRAIL = { type: 'audit', id: null } as const;

/** Who did what. Reading it is written down as well. */
export function auditEndpoints({ trail, auditReader }: RestDeps): Endpoint[] {
  return [
    endpoint({
      ...auditor,
      path: '/audit',
      summary: 'The audit trail, newest first',
      query: listAuditQuerySchema,
      response: z.object({ items: z.array(auditEntrySchema), nextCursor: z.string().nullable() }),
      async handle({ query, source }) {
        const { limit: _, ...filters } = query;
        const details = given(filters);
        await trail.append({ ...source, action: 'audit.viewed', subject: TRAIL, details });
        return auditReader.list(query);
      },
    }),
    endpoint({
      ...auditor,
      path: '/audit/export',
      summary: 'The trail, or a range of it by time, oldest first: one entry a line',
      query: listAuditQuerySchema.pick({ from: true, to: true }),
      mediaType: 'application/jsonl',
      async handle({ query, source, request, response }) {
        const { from, to } = query;
        const details = given({ from, to });
        const draft = { ...source, action: 'audit.exported', subject: TRAIL, details };
        const { seq } = await trail.append(draft);
        response.attachment('audit.jsonl').type('application/jsonl');
        if (request.method === 'HEAD') response.end();
        else await sendStream(bytesOf(auditReader.lines(query, seq)), response);
      },
    }),
    endpoint({
      ...auditor,
      path: '/audit/verify',
      summary: 'Whether the whole trail is as it was written',
      response: z.object({
        ok: z.boolean(),
        entries: z.int(),
        head: z.string().nullable(),
        flaw: z.object({ seq: z.int(), flaw: z.string() }).nullable(),
      }),
      async handle({ source }) {
        const verdict = await auditReader.verify();
        const { ok, entries } = verdict;
        const outcome = ok ? 'ok' : 'failed';
        const details = { entries };
        await trail.append({
          ...{ ...source, action: 'audit.verified', subject: TRAIL, outcome, details },
        });
        return verdict;
      },
    }),
  ];
}

async function* bytesOf(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const line of lines) yield Buffer.from(line);
}
