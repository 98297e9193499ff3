import {
  AppError,
  setAlarmWebhookSchema,
  type AlarmItem,
  type AlarmView,
} from '@switchroom/protocol';
import { z } from 'zod';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import type { RestDeps } from '../RestDeps.ts';
import { alarmItemSchema, alarmWebhookViewSchema } from '../views.ts';

const seers = ['administrator', 'compliance-officer'] as const;
const administrator = { auth: true, roles: ['administrator'] } as const;

/** What must be seen to, and who is told of it. */
export function alarmEndpoints(deps: RestDeps): Endpoint[] {
  const { alarms, alarmWebhook, trail, meetings } = deps;
  const titled = async (alarm: AlarmView): Promise<AlarmItem> => {
    const { type, id } = alarm.subject;
    const meeting = type === 'meeting' ? await meetings.byId(id) : undefined;
    return { ...alarm, title: meeting?.title ?? null };
  };
  return [
    endpoint({
      auth: true,
      roles: seers,
      method: 'get',
      path: '/alarms',
      summary: 'Alarms that last, and the last hundred that are over; newest first',
      status: 200,
      response: z.object({ active: z.array(alarmItemSchema), over: z.array(alarmItemSchema) }),
      handle: async () => ({
        active: await Promise.all(alarms.active.map(titled)),
        over: await Promise.all(alarms.over.map(titled)),
      }),
    }),
    endpoint({
      auth: true,
      roles: ['compliance-officer'],
      method: 'delete',
      path: '/alarms/:id',
      summary: 'Takes an alarm as seen to; it is raised anew if what it tells of happens again',
      params: z.object({ id: z.string().max(64) }),
      status: 204,
      errors: ['not-found'],
      handle({ params, source }) {
        const alarm = alarms.active.find(({ id }) => id === params.id);
        if (!alarm) throw new AppError('not-found', 'There is no such alarm.');
        alarms.clear(alarm.kind, alarm.subject, source);
      },
    }),
    endpoint({
      ...administrator,
      method: 'get',
      path: '/alarm-webhook',
      summary: 'Who is told of alarms',
      status: 200,
      response: alarmWebhookViewSchema,
      handle: () => alarmWebhook.view,
    }),
    endpoint({
      ...administrator,
      method: 'put',
      path: '/alarm-webhook',
      summary: 'Sets who is told of alarms; a secret that is left out stays as it is',
      body: setAlarmWebhookSchema,
      status: 200,
      response: alarmWebhookViewSchema,
      async handle({ body, source }) {
        const subject = { type: 'policy', id: 'alarm-webhook' };
        // The path of a receiver may be all that keeps others from it.
        const receiver = body.url && new URL(body.url).origin;
        const details = { receiver, secretChanged: body.secret !== undefined };
        await alarmWebhook.set(body, (db) =>
          trail.append({ ...source, action: 'policy.changed', subject, details }, db),
        );
        return alarmWebhook.view;
      },
    }),
  ];
}
