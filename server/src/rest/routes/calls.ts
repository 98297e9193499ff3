import { createCallSchema } from '@switchroom/protocol';
import { z } from 'zod';
import { joinable } from '../../meetings/MeetingStore.ts';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import type { RestDeps } from '../RestDeps.ts';
import { callViewSchema } from '../views.ts';

const byId = z.object({ id: z.string().max(64) });
const host = { auth: true, roles: ['host'] } as const;

/** Calls from a meeting to the outside, for its owner. */
export function callEndpoints({ meetings, calls }: RestDeps): Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/meetings/:id/calls',
      summary: 'Calls a number into the meeting, live or not; whoever answers presses 1 to join',
      ...host,
      params: byId,
      body: createCallSchema,
      status: 202,
      response: callViewSchema,
      errors: [
        'not-found',
        'meeting-ended',
        'number-not-allowed',
        'rate-limited',
        'dial-out-unavailable',
      ],
      async handle({ params, body, user }) {
        const meeting = joinable(await meetings.forUser(params.id, user));
        return calls.create(meeting, body, { userId: user.id });
      },
    }),
    endpoint({
      method: 'get',
      path: '/meetings/:id/calls',
      summary: 'Calls that are on their way, and for a minute those that came to nothing',
      ...host,
      params: byId,
      status: 200,
      response: z.array(callViewSchema),
      errors: ['not-found'],
      async handle({ params, user }) {
        const meeting = await meetings.forUser(params.id, user);
        return calls.list(meeting.id);
      },
    }),
    endpoint({
      method: 'delete',
      path: '/meetings/:id/calls/:callId',
      summary: 'Hangs up, whatever its state, or takes a failed one from the list',
      ...host,
      params: byId.extend({ callId: z.string().max(64) }),
      status: 204,
      errors: ['not-found'],
      async handle({ params, user }) {
        const meeting = await meetings.forUser(params.id, user);
        calls.cancel(meeting.id, params.callId);
      },
    }),
  ];
}
