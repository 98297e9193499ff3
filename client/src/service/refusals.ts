import { failure, type ErrorCode, type LeaveReason } from '@switchroom/protocol';

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
