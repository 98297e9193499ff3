import { dialOutPolicySchema } from '@switchroom/protocol';
import { endpoint, type Endpoint } from '../Endpoint.ts';
import type { RestDeps } from '../RestDeps.ts';

const administrator = { auth: true, roles: ['administrator'] } as const;

/** What may be called from meetings. */
export function dialOutEndpoints({ dialOut, trail }: RestDeps): Endpoint[] {
  return [
    endpoint({
      ...administrator,
      method: 'get',
      path: '/dial-out',
      summary: 'What may be called; at first nothing',
      status: 200,
      response: dialOutPolicySchema,
      handle: () => dialOut.policy,
    }),
    endpoint({
      ...administrator,
      method: 'put',
      path: '/dial-out',
      summary: 'Sets what may be called, for the calls to come; what is not named is as at first',
      body: dialOutPolicySchema,
      status: 200,
      response: dialOutPolicySchema,
      async handle({ body, source }) {
        const subject = { type: 'policy', id: 'dial-out' };
        await dialOut.set(body, (db) =>
          trail.append({ ...source, action: 'policy.changed', subject, details: body }, db),
        );
        return dialOut.policy;
      },
    }),
  ];
}
