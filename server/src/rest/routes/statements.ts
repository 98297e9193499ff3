import type { ErrorCode, StatementsView, User } from '@switchroom/protocol';
import { z } from 'zod';
import type { AuditSource } from '../../audit/AuditTrail.ts';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import { CLOSED, subjectOf } from '../Player.ts';
import type { RestDeps } from '../RestDeps.ts';
import { consentsSchema, statementsSchema, timelineSchema } from '../views.ts';

const errors: ErrorCode[] = ['not-found', ...CLOSED, 'unavailable'];
const seer = { auth: true, roles: ['compliance-officer', 'host'], method: 'get' } as const;
const common = { ...seer, params: z.object({ id: z.string().max(64) }), status: 200, errors };

interface Asked {
  params: { id: string };
  user: User;
  source: AuditSource;
}

/** What the manifests of recordings say, as a whole or in part: read once and written down once for each answer. */
export function statementEndpoints({ recordingStore, vault, trail }: RestDeps): Endpoint[] {
  const read = async (part: string, { params, user, source }: Asked): Promise<StatementsView> => {
    const recording = await recordingStore.forUser(params.id, user);
    const statements = await vault.statements(recording.id);
    await trail.append({
      ...{ ...source, action: 'recording.viewed', subject: subjectOf(recording) },
      details: { part },
    });
    return statements;
  };
  return [
    endpoint({
      ...common,
      path: '/recordings/:id/statements',
      summary: 'Its consents and its timeline in one',
      response: statementsSchema,
      handle: (asked) => read('statements', asked),
    }),
    endpoint({
      ...common,
      path: '/recordings/:id/consents',
      summary: 'Who was told of the recording, in which words, who agreed, and its pauses',
      response: consentsSchema,
      handle: async (asked) => (await read('consents', asked)).consents,
    }),
    endpoint({
      ...common,
      path: '/recordings/:id/timeline',
      summary: 'Who was there, muted or on hold when, and where there is no sound, and why',
      response: timelineSchema,
      handle: async (asked) => (await read('timeline', asked)).timeline,
    }),
  ];
}
