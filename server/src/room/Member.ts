import type {
  LeaveReason,
  ParticipantKind,
  ParticipantView,
  RecordingNews,
  Speaker,
} from '@switchroom/protocol';
import type { MediaProducer } from '../sfu/Sfu.ts';
import type { Participant } from './Participant.ts';

/**
 * Whoever can be in a room: a browser or a phone, which the Room never asks. `room.add(member)` hands
 * the participant's place over to the Room; the member stays with the session that made it.
 */
export interface Member {
  readonly participant: Participant;
  /** A host asked for it: neither lobby nor lock hold it up; it waits for the host, though. */
  readonly invited?: boolean;
  /** The seat that it had, and comes back to (`Door.seatOf`, `.seatOfPhone`). */
  readonly returnsTo?: string | undefined;
  /**
   * The listener through whose connection the member came: it never receives the member's own
   * sound, and its own requests are not echoed to it as news.
   */
  readonly origin: RoomListener;

  /** Out of the lobby: from here on it may be heard. */
  admitted(): void;
  /** The room took the member out, or is gone: let go of its media. */
  removed(reason: LeaveReason): void;
}

/** Whoever receives a room: a browser, or a gateway on behalf of all its phones or of a recording. */
export interface RoomListener {
  /** How many sounds it receives. */
  readonly streams: number;
  /** What sound that comes in by it comes from. */
  readonly carries: ParticipantKind;
  /** Whether it may know what goes on; who came through it and is in the lobby may not. */
  readonly inside: boolean;
  /** Whether it also sees the lobby. */
  readonly hosts: boolean;
  /** It keeps what it hears: it gets nobody's sound who has to agree to that and has not. */
  readonly records?: boolean;
  /** Whether it may hear. The room is asked to `route()` when this changes by itself. */
  readonly hears: boolean;

  participantJoined(participant: ParticipantView): void;
  participantUpdated(participant: ParticipantView): void;
  participantLeft(participantId: string, reason: LeaveReason): void;
  /** A host asks one who came through it, or whose sound does, to unmute. */
  unmuteAsked(participantId: string, by: string): void;
  /** There is sound to receive from this participant. */
  sourceAdded(participant: Participant, source: MediaProducer): void;
  sourceRemoved(source: MediaProducer): void;
  /** Sound of somebody else's member came in by it, and is not wanted any more. */
  sourceReturned(participantId: string): void;
  speakersChanged(speakers: Speaker[]): void;
  /** Whether there are others than this one, who hear, record or look at who speaks; at first there are. */
  audienceChanged(others: boolean): void;
  recordingChanged(news: RecordingNews): void;
  lockedChanged(locked: boolean): void;
  /** How many are in the lobby. */
  waitingChanged(waiting: number): void;
  /** What the meeting's owner may change while the room is live. */
  settingsChanged(): void;
  /** The last call: the room is gone. */
  roomClosed(reason: LeaveReason): void;
}
