import { AppError, policyOfWords, type meetRequests, type MeetResults } from '@switchroom/protocol';
import type { Handlers } from '../handle.ts';
import type { MeetSession } from './MeetSession.ts';

/** What a browser's participant says of itself; hosts name others, too. */
export function participantHandlers(
  session: MeetSession,
): Pick<
  Handlers<typeof meetRequests, MeetResults>,
  'participant:setMuted' | 'participant:setHandRaised' | 'participant:rename' | 'recording:told'
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

    async 'recording:told'({ how, language, words }) {
      const { room, participant } = session.member;
      const policy = policyOfWords(language, words);
      if (!policy) throw new AppError('bad-request', 'These are not our words; load the app anew.');
      if (participant.waiting) throw new AppError('forbidden', 'Wait until a host lets you in.');
      const at = new Date().toISOString();
      await room.recorded.told(participant.id, { how, policy, at, language, words });
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
