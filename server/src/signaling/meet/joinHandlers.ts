import type {
  JoinedRoom,
  MeetPayload,
  meetRequests,
  MeetResults,
  RoomState,
} from '@switchroom/protocol';
import { joinable, type Meeting } from '../../meetings/MeetingStore.ts';
import { Participant } from '../../room/Participant.ts';
import type { Room } from '../../room/Room.ts';
import type { Handlers } from '../handle.ts';
import { BrowserMember } from './BrowserMember.ts';
import { reviewSession } from './followSession.ts';
import type { MeetDeps, MeetSession } from './MeetSession.ts';
import { whoIs, type Who } from './whoIs.ts';

type Join = MeetPayload<'room:join'>;

/** Into a room and out of it. */
export function joinHandlers(
  session: MeetSession,
  deps: MeetDeps,
): Pick<Handlers<typeof meetRequests, MeetResults>, 'room:join' | 'room:leave'> {
  return {
    async 'room:join'(wish) {
      const meeting = joinable(await deps.meetings.byJoinToken(wish.joinToken));
      const who = await whoIs(wish, meeting, deps.sessions);
      const { room, release } = await deps.rooms.enter(meeting.id);
      try {
        // It may have been ended or changed while the room was made, which nobody told it then.
        room.configure(joinable(await deps.meetings.byJoinToken(wish.joinToken)));
        const returnsTo = room.door.seatOf(wish.resumeToken);
        const entrant = { participant: who, returnsTo };
        if (!room.absences.stayed(entrant)) room.door.check(entrant);
        const member = await session.join(() => makeMember({ session, deps, room, wish, who }));
        // Behind the answer: a session that ended meanwhile was told when there was nobody yet to put out.
        setImmediate(() => void reviewSession(session, deps));
        return joinedRoom(member, meeting, deps);
      } finally {
        release();
      }
    },

    'room:leave'() {
      session.leave('left');
      return {};
    },
  };
}

async function makeMember(options: {
  session: MeetSession;
  deps: MeetDeps;
  room: Room;
  wish: Join;
  who: Who;
}): Promise<BrowserMember> {
  const { session, deps, room, wish, who } = options;
  const [send, recv] = await Promise.all([
    room.router.createWebRtcTransport(),
    room.router.createWebRtcTransport(),
  ]);
  const returnsTo = room.door.seatOf(wish.resumeToken);
  const stayed = room.absences.stayed({ participant: who, returnsTo });
  return new BrowserMember({
    participant: stayed ?? new Participant({ ...who, name: wish.name, kind: 'browser' }),
    room,
    outbox: session.outbox,
    send,
    recv,
    rtpCapabilities: wish.rtpCapabilities,
    signedInBy: who.signedInBy,
    // Who stayed sits there still.
    returnsTo: stayed ? undefined : returnsTo,
    stateOf: (member) => roomState(member, deps),
    onRemoved: () => session.removed(),
    logger: deps.logger,
  });
}

function joinedRoom(member: BrowserMember, meeting: Meeting, deps: MeetDeps): JoinedRoom {
  const { links, calls } = deps;
  const { participant, send, recv } = member;
  return {
    ...member.roomState,
    participantId: participant.id,
    meeting: {
      id: meeting.id,
      title: meeting.title,
      pin: meeting.pin,
      dialIn: links.dialIn,
      joinUrl: links.joinUrl(meeting),
      mayCallMe: calls.offersCallMe(member),
    },
    sendTransport: send.options,
    recvTransport: recv.options,
  };
}

/** To one in the lobby the room shows nothing of itself. */
function roomState(
  { participant, room, inside, hosts, origin }: BrowserMember,
  { calls, alarms }: MeetDeps,
): RoomState {
  return {
    participants: room.participants(origin),
    calls: inside ? calls.list(room.meetingId) : [],
    locked: inside && room.locked,
    ...(inside ? room.recorded.news : { ...room.recorded.news, recording: false, paused: false }),
    ...(hosts && { alarms: alarms.of(room.meetingId) }),
    resumeToken: inside ? participant.seat : null,
  };
}
