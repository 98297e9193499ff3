import { AppError, type meetRequests, type MeetResults } from '@switchroom/protocol';
import type { WebRtcTransport } from '../../sfu/Sfu.ts';
import type { Handlers } from '../handle.ts';
import type { MeetSession } from './MeetSession.ts';

/** A browser's transports and its microphone. */
export function mediaHandlers(
  session: MeetSession,
): Pick<
  Handlers<typeof meetRequests, MeetResults>,
  'transport:connect' | 'transport:restartIce' | 'producer:create'
> {
  const transport = (id: string): WebRtcTransport => {
    const { send, recv } = session.member;
    const found = [send, recv].find((one) => one.id === id);
    if (!found) throw new AppError('not-found', 'There is no such transport.');
    return found;
  };
  return {
    async 'transport:connect'({ transportId, dtlsParameters }) {
      await transport(transportId).connect(dtlsParameters);
      return {};
    },

    async 'transport:restartIce'({ transportId }) {
      return { iceParameters: await transport(transportId).restartIce() };
    },

    async 'producer:create'({ transportId, rtpParameters, muted }) {
      const { member } = session;
      const { send, participant } = member;
      if (participant.waiting) throw new AppError('forbidden', 'Wait until a host lets you in.');
      if (transport(transportId) !== send) {
        throw new AppError('bad-request', 'Sound is sent over the send transport.');
      }
      const producer = await send.produce(rtpParameters, muted);
      await member.speak(producer, muted);
      return { producerId: producer.id };
    },
  };
}
