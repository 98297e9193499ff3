import { AppError, type LeaveReason } from '@switchroom/protocol';
import type { MemberEvent } from './MeetingRooms.ts';

/** What a phone is told when the server took it out for this reason. */
export function eventOfLeave(reason: LeaveReason): MemberEvent {
  switch (reason) {
    case 'meeting-ended':
      return { type: 'meetingEnded' };
    // By their own wish, only the one leaves of whom the phone was the sound ("call me").
    case 'left':
      return { type: 'left' };
    case 'removed':
      return { type: 'removed' };
    case 'connection-lost':
    case 'media-failed':
      return { type: 'unreachable' };
  }
}

/** What a phone is told when it could not come in. */
export function eventOfError(error: unknown): MemberEvent {
  const code = error instanceof AppError ? error.code : 'internal';
  switch (code) {
    case 'meeting-ended':
    case 'not-found':
      return { type: 'meetingEnded' };
    case 'meeting-locked':
      return { type: 'meetingLocked' };
    case 'rate-limited':
      return { type: 'rateLimited' };
    default:
      return { type: 'unreachable' };
  }
}

/** Whether a room that was closed for this reason may be opened again in a moment. */
export function isPassing(reason: LeaveReason): boolean {
  return reason === 'connection-lost' || reason === 'media-failed';
}

/** Whether what went wrong may go better in a moment: the server is away, or its SFU is. */
export function mayPass(error: unknown): boolean {
  return (
    !(error instanceof AppError) ||
    ['unavailable', 'media-unavailable', 'conflict', 'internal'].includes(error.code)
  );
}
