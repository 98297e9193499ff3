import { AppError, type gatewayRequests, type GatewayResults } from '@switchroom/protocol';
import type { Handlers } from '../handle.ts';
import type { GatewayDeps, GatewaySession } from './GatewaySession.ts';

/** Language of the prompts, until a DID can have its own. */
const LANGUAGE = 'en';

/** From a dialled number to a meeting. */
export function pinHandlers(
  session: GatewaySession,
  { links, meetings, pins }: GatewayDeps,
): Pick<Handlers<typeof gatewayRequests, GatewayResults>, 'did:resolve' | 'pin:check'> {
  const resolve = (dialled: string): string => {
    const number = links.did(dialled);
    if (number === undefined) throw new AppError('did-unknown', 'This number is not ours.');
    return number;
  };
  return {
    'did:resolve'({ number }) {
      session.mustBe('sip-dialin');
      return { number: resolve(number), language: LANGUAGE };
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
