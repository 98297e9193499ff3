import { AppError, type gatewayRequests, type GatewayResults } from '@switchroom/protocol';
import type { Did } from '../../trunks/DidStore.ts';
import type { Handlers } from '../handle.ts';
import type { GatewayDeps, GatewaySession } from './GatewaySession.ts';

/** From a dialled number to a meeting. */
export function pinHandlers(
  session: GatewaySession,
  { dialPlan, meetings, pins }: GatewayDeps,
): Pick<Handlers<typeof gatewayRequests, GatewayResults>, 'did:resolve' | 'pin:check'> {
  const resolve = (dialled: string): Did => {
    const did = dialPlan.find(dialled);
    if (did === undefined) throw new AppError('did-unknown', 'This number is not ours.');
    return did;
  };
  return {
    'did:resolve'({ number: dialled }) {
      session.mustBe('sip-dialin');
      const { number, language } = resolve(dialled);
      return { number, language };
    },

    async 'pin:check'({ did, pin, caller, trunkId }) {
      session.mustBe('sip-dialin');
      resolve(did);
      const meeting = await pins.check({ caller, did, trunkId }, () => meetings.byPin(pin));
      return { meetingId: meeting.id, title: meeting.title };
    },
  };
}
