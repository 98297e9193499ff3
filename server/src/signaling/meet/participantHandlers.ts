import type { meetRequests, MeetResults } from '@switchroom/protocol';
import type { Handlers } from '../handle.ts';
import type { MeetSession } from './MeetSession.ts';

/** What a browser's participant says of itself. */
export function participantHandlers(
  session: MeetSession,
): Pick<
  Handlers<typeof meetRequests, MeetResults>,
  'participant:setMuted' | 'participant:setHandRaised'
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
  };
}
