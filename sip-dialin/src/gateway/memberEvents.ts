import { AppError, type LeaveReason } from '@switchroom/protocol';
import type { MemberEvent } from './MeetingRooms.ts';

/** What a phone is told when the server took it out for this reason. */
export function eventOfLeave(reason: LeaveReason): MemberEvent {
  switch (reason) {
    case 'meeting-ended':
      return { type: 'meetingEnded' };
    case 'left':
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
  if (code === 'meeting-ended' || code === 'not-found') return { type: 'meetingEnded' };
  return { type: code === 'rate-limited' ? 'rateLimited' : 'unreachable' };
}
