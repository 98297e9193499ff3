import { AppError, type gatewayRequests, type GatewayResults } from '@switchroom/protocol';
import { isLoopback } from '../../sfu/listenIp.ts';
import type { Handlers } from '../handle.ts';
import type { GatewaySession } from './GatewaySession.ts';

/** A gateway's way into rooms and out of them. */
export function roomHandlers(
  session: GatewaySession,
): Pick<
  Handlers<typeof gatewayRequests, GatewayResults>,
  'room:open' | 'transport:connect' | 'room:release'
> {
  return {
    async 'room:open'({ meetingId }) {
      return (await session.openRoom(meetingId)).opened;
    },

    async 'transport:connect'({ transportId, ip, port }) {
      const link = session.linkOfTransport(transportId);
      // Plain RTP can be heard by whoever carries it.
      if (!isLoopback(ip)) {
        throw new AppError('not-built', 'SRTP to remote gateways is not built yet.');
      }
      await link.connect(ip, port);
      return {};
    },

    'room:release'({ meetingId }) {
      session.releaseRoom(meetingId);
      return {};
    },
  };
}
