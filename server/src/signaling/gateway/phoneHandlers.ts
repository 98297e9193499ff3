import type { gatewayRequests, GatewayResults } from '@switchroom/protocol';
import { phoneName } from '../../meetings/phoneName.ts';
import type { Handlers } from '../handle.ts';
import type { GatewaySession } from './GatewaySession.ts';

/** Phones as participants. */
export function phoneHandlers(
  session: GatewaySession,
): Pick<
  Handlers<typeof gatewayRequests, GatewayResults>,
  | 'phone:join'
  | 'phone:leave'
  | 'participant:setMuted'
  | 'participant:setHandRaised'
  | 'participant:count'
> {
  return {
    async 'phone:join'({ meetingId, name, number, ssrc }) {
      session.mustBe('sip-dialin');
      const link = session.link(meetingId);
      const shown = phoneName({ name, number }, link.numberPrivacy);
      const participant = await link.addPhone(shown, ssrc);
      return { participantId: participant.id, participant: participant.view() };
    },

    'phone:leave'({ meetingId, participantId }) {
      session.mustBe('sip-dialin');
      session.link(meetingId).removePhone(participantId);
      return {};
    },

    async 'participant:setMuted'({ meetingId, participantId, muted }) {
      session.mustBe('sip-dialin');
      await session.link(meetingId).setPhoneMuted(participantId, muted);
      return {};
    },

    'participant:setHandRaised'({ meetingId, participantId, handRaised }) {
      session.mustBe('sip-dialin');
      session.link(meetingId).setPhoneHandRaised(participantId, handRaised);
      return {};
    },

    'participant:count'({ meetingId }) {
      session.mustBe('sip-dialin');
      return { participants: session.link(meetingId).room.size };
    },
  };
}
