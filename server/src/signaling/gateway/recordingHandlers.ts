import type { gatewayRequests, GatewayResults } from '@switchroom/protocol';
import type { Handlers } from '../handle.ts';
import type { GatewayDeps, GatewaySession } from './GatewaySession.ts';

/** What a recorder reports. */
export function recordingHandlers(
  session: GatewaySession,
  { recordings }: GatewayDeps,
): Pick<Handlers<typeof gatewayRequests, GatewayResults>, 'recording:report'> {
  return {
    async 'recording:report'({ recording }) {
      session.mustBe('recorder');
      await recordings.report(recording);
      return {};
    },
  };
}
