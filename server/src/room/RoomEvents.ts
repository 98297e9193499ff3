import type { LeaveReason, Told } from '@switchroom/protocol';
import type { Participant } from './Participant.ts';

export interface RoomEvents {
  /** Somebody is in it who was not, the lobby does not count: the first one starts what starts with a room. */
  joined: [Participant];
  /** Whoever was in it, or in the lobby, is out. Told before the room closes since that was the last one; not of those who are in it as it closes. */
  left: [participantId: string, reason: LeaveReason];
  /** Somebody in it was told of the recording, or agreed to it. */
  told: [Participant, Told];
  /** The last one has left, but somebody is still in the lobby. */
  emptied: [];
  /** It is gone; the last event. */
  closed: [LeaveReason];
}
