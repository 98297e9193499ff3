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

    async 'pin:check'({ did, pin, caller }) {
      session.mustBe('sip-dialin');
      resolve(did);
      await pins.check(caller);
      const meeting = await meetings.byPin(pin);
      if (!meeting) {
        // A right PIN does not wipe the slate: one's own meeting must not pay for guesses.
        await pins.failed(caller);
        throw new AppError('pin-wrong', 'There is no meeting with this PIN.');
      }
      return { meetingId: meeting.id, title: meeting.title };
    },
  };
}
