import type { LeaveReason } from '@switchroom/protocol';
import type { useMeetingStore } from '../stores/meeting.ts';
import type { useParticipantsStore } from '../stores/participants.ts';
import type { MeetSocket } from './MeetSocket.ts';

interface Options {
  meeting: Pick<ReturnType<typeof useMeetingStore>, 'recordingChanged'>;
  participants: Pick<
    ReturnType<typeof useParticipantsStore>,
    'self' | 'selfId' | 'put' | 'left' | 'speaking'
  >;
  /** The server muted us, e.g. the host did. */
  onMuted: () => void;
  /** We are out of the room. */
  onOut: (reason: LeaveReason) => void;
}

/** Brings the news of the room to the stores for as long as `socket` lives. */
export function bindRoomNews(socket: Pick<MeetSocket, 'on'>, options: Options): void {
  const { meeting, participants, onMuted, onOut } = options;
  socket.on('participant:joined', (one) => participants.put(one));
  socket.on('participant:updated', (one) => {
    // Only the change counts: news of something else may still show us muted, from before.
    const wasMuted = participants.self?.muted;
    participants.put(one);
    if (one.id === participants.selfId && one.muted && wasMuted === false) onMuted();
  });
  socket.on('participant:left', ({ participantId, reason }) => {
    if (participantId === participants.selfId) onOut(reason);
    else participants.left(participantId);
  });
  socket.on('room:speakers', ({ speakers }) => participants.speaking(speakers));
  socket.on('recording:changed', ({ recording }) => meeting.recordingChanged(recording));
  socket.on('room:closed', ({ reason }) => onOut(reason));
}
