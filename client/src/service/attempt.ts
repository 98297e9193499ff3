import { failure, type ErrorCode, type LeaveReason } from '@switchroom/protocol';
import type { MediaSession } from './MediaSession.ts';
import type { MeetSocket, Request } from './MeetSocket.ts';

export interface JoinIntent {
  joinToken: string;
  name: string;
  /** Without it one only listens, and may turn it on later. */
  withMicrophone: boolean;
}

/** One attempt to be in a meeting, from the press of "Join" to the end, reconnects included. */
export interface Attempt {
  readonly intent: JoinIntent;
  readonly socket: MeetSocket;
  readonly request: Request;
  /** Settled when the microphone is open, or not wanted. */
  readonly microphoneReady: Promise<unknown>;
  session: MediaSession | undefined;
  hasJoined: boolean;
  deadline: ReturnType<typeof setTimeout> | undefined;
  retry: ReturnType<typeof setTimeout> | undefined;
  /** Own mute requests on their way; the server's news about them is older than our state. */
  muteRequests: number;
}

/** Refusals that may pass by themselves while the server comes back. */
export const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unavailable',
  'media-unavailable',
  'rate-limited',
  'conflict',
  'internal',
]);

/** The server, or its SFU, went away under the room: the meeting goes on, in a new room. */
export const RETURNING: ReadonlySet<LeaveReason> = new Set<LeaveReason>([
  'media-failed',
  'connection-lost',
]);

/** mediasoup-client says `UnsupportedError` for a browser whose WebRTC it does not know. */
export function codeOfDevice(error: unknown): ErrorCode {
  return error instanceof Error && error.name === 'UnsupportedError'
    ? 'no-codec'
    : failure(error).code;
}
