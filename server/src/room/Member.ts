import type { LeaveReason, ParticipantView, Speaker } from '@switchroom/protocol';
import type { MediaProducer } from '../sfu/Sfu.ts';
import type { Participant } from './Participant.ts';

/**
 * Whoever can be in a room: a browser or a phone, which the Room never asks. `room.add(member)` hands
 * the participant's place over to the Room; the member stays with the session that made it.
 */
export interface Member {
  readonly participant: Participant;
  /**
   * The listener through whose connection the member came: it never receives the member's own
   * sound, and its own requests are not echoed to it as news.
   */
  readonly origin: RoomListener;

  /** The room took the member out, or is gone: let go of its media. */
  removed(reason: LeaveReason): void;
}

/** Whoever receives a room: a browser, or a gateway on behalf of all its phones or of a recording. */
export interface RoomListener {
  /** How many sounds it receives. */
  readonly streams: number;
  participantJoined(participant: ParticipantView): void;
  participantUpdated(participant: ParticipantView): void;
  participantLeft(participantId: string, reason: LeaveReason): void;
  /** There is sound to receive from this participant. */
  sourceAdded(participant: Participant, source: MediaProducer): void;
  sourceRemoved(source: MediaProducer): void;
  speakersChanged(speakers: Speaker[]): void;
  recordingChanged(recording: boolean): void;
  /** The last call: the room is gone. */
  roomClosed(reason: LeaveReason): void;
}
