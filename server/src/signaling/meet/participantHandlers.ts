import type { meetRequests, MeetResults } from '@switchroom/protocol';
import type { Handlers } from '../handle.ts';
import type { MeetSession } from './MeetSession.ts';

/** What a browser's participant says of itself; hosts name others, too. */
export function participantHandlers(
  session: MeetSession,
): Pick<
  Handlers<typeof meetRequests, MeetResults>,
  'participant:setMuted' | 'participant:setHandRaised' | 'participant:rename'
> {
  return {
    async 'participant:setMuted'({ muted }) {
      const { member } = session;
      await member.room.setMuted(member.participant.id, muted, member);
      return {};
    },

    'participant:setHandRaised'({ handRaised }) {
      const { member } = session;
      member.room.setHandRaised(member.participant.id, handRaised, member);
      return {};
    },

    'participant:rename'({ participantId, name }) {
      const { member } = session;
      const { room } = participantId === member.participant.id ? member : session.host;
      room.rename(participantId, name);
      return {};
    },
  };
}
