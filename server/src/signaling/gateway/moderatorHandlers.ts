import type { gatewayRequests, GatewayResults } from '@switchroom/protocol';
import { participantOf } from '../../audit/AuditTrail.ts';
import { joinable } from '../../meetings/MeetingStore.ts';
import type { Room } from '../../room/Room.ts';
import type { Handlers } from '../handle.ts';
import type { GatewayDeps, GatewaySession } from './GatewaySession.ts';

/** What a host does by keys. */
export function moderatorHandlers(
  session: GatewaySession,
  { meetings, recordings }: GatewayDeps,
): Pick<
  Handlers<typeof gatewayRequests, GatewayResults>,
  'room:toggleLock' | 'room:toggleRecording' | 'room:togglePause' | 'room:muteAll' | 'room:admitAll'
> {
  const roomOf = ({ meetingId, participantId }: Record<'meetingId' | 'participantId', string>) => {
    session.mustBe('sip-dialin');
    const link = session.link(meetingId);
    link.mustHost(participantId);
    return link.room satisfies Room;
  };
  const whoIn = (room: Room, { participantId }: { participantId: string }) => {
    const phone = room.participants().find(({ id }) => id === participantId);
    return participantOf(participantId, phone?.name);
  };
  return {
    'room:toggleLock'(asked) {
      const room = roomOf(asked);
      room.setLocked(!room.locked);
      return { locked: room.locked };
    },

    async 'room:toggleRecording'(asked) {
      const room = roomOf(asked);
      const meeting = joinable(await meetings.byId(room.meetingId));
      const by = whoIn(room, asked);
      await (room.recording ? recordings.stop(meeting, by) : recordings.start(meeting, by));
      return { recording: room.recording };
    },

    async 'room:togglePause'(asked) {
      const room = roomOf(asked);
      await recordings.pausing.toggle(room.meetingId, whoIn(room, asked));
      const { recording, paused } = room.recorded.news;
      return { recording, paused };
    },

    async 'room:muteAll'(asked) {
      await roomOf(asked).muteAll();
      return {};
    },

    'room:admitAll'(asked) {
      return { admitted: roomOf(asked).admitAll() };
    },
  };
}
