import type { LeaveReason, ParticipantKind, RoomState } from '@switchroom/protocol';
import type { useCallsStore } from '../stores/calls.ts';
import type { useMeetingStore } from '../stores/meeting.ts';
import type { useParticipantsStore } from '../stores/participants.ts';
import type { MeetSocket } from './MeetSocket.ts';

interface Options {
  meeting: Pick<
    ReturnType<typeof useMeetingStore>,
    'recordingChanged' | 'lockedChanged' | 'alarmsChanged' | 'unmuteAsked'
  >;
  calls: Pick<ReturnType<typeof useCallsStore>, 'put' | 'gone'>;
  participants: Pick<
    ReturnType<typeof useParticipantsStore>,
    'self' | 'selfId' | 'put' | 'left' | 'speaking'
  >;
  /** The server muted us, e.g. the host did. */
  onMuted: () => void;
  /** Our sound was moved to a phone, or back. */
  onMoved: (to: ParticipantKind) => void;
  /** Let in from the lobby. */
  onAdmitted: (room: RoomState) => void;
  /** We are out of the room. */
  onOut: (reason: LeaveReason) => void;
}

/** Brings the news of the room to the stores for as long as `socket` lives. */
export function bindRoomNews(socket: Pick<MeetSocket, 'on'>, options: Options): void {
  const { calls, meeting, participants, onMuted, onMoved, onOut } = options;
  socket.on('room:admitted', options.onAdmitted);
  socket.on('participant:joined', (one) => participants.put(one));
  socket.on('participant:updated', (one) => {
    // Only the change counts: news of something else may still show us muted, from before.
    const before = one.id === participants.selfId ? participants.self : undefined;
    const { muted, audio } = before ?? one;
    participants.put(one);
    if (audio !== one.audio) onMoved(one.audio);
    else if (!muted && one.muted) onMuted();
  });
  socket.on('participant:left', ({ participantId, reason }) => {
    if (participantId === participants.selfId) onOut(reason);
    else participants.left(participantId);
  });
  socket.on('participant:unmuteAsked', ({ by }) => meeting.unmuteAsked(by));
  socket.on('call:changed', (call) => calls.put(call));
  socket.on('call:gone', ({ callId }) => calls.gone(callId));
  socket.on('room:speakers', ({ speakers }) => participants.speaking(speakers));
  socket.on('room:changed', ({ locked }) => meeting.lockedChanged(locked));
  socket.on('recording:changed', (news) => meeting.recordingChanged(news));
  socket.on('alarms:changed', ({ alarms }) => meeting.alarmsChanged(alarms));
  socket.on('room:closed', ({ reason }) => onOut(reason));
}
