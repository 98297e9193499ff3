import type { meetRequests, MeetResults } from '@switchroom/protocol';
import type { Handlers } from '../handle.ts';
import type { MeetSession } from './MeetSession.ts';

/** What only hosts may. Everybody is told what becomes of it, the host who asked as well. */
export function hostHandlers(
  session: MeetSession,
): Pick<
  Handlers<typeof meetRequests, MeetResults>,
  | 'participant:admit'
  | 'room:admitAll'
  | 'participant:remove'
  | 'participant:mute'
  | 'room:muteAll'
  | 'participant:askUnmute'
  | 'participant:lowerHand'
  | 'room:setLocked'
> {
  return {
    'participant:admit'({ participantId }) {
      session.host.room.admit(participantId);
      return {};
    },

    'room:admitAll'() {
      session.host.room.admitAll();
      return {};
    },

    'participant:remove'({ participantId }) {
      session.host.room.remove(participantId, 'removed');
      return {};
    },

    async 'participant:mute'({ participantId }) {
      await session.host.room.setMuted(participantId, true);
      return {};
    },

    async 'room:muteAll'() {
      await session.host.room.muteAll();
      return {};
    },

    'participant:askUnmute'({ participantId }) {
      const { room, participant } = session.host;
      room.askUnmute(participantId, participant.name);
      return {};
    },

    'participant:lowerHand'({ participantId }) {
      session.host.room.setHandRaised(participantId, false);
      return {};
    },

    'room:setLocked'({ locked }) {
      session.host.room.setLocked(locked);
      return {};
    },
  };
}
