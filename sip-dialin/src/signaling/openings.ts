import type { CallPlace } from '@switchroom/protocol';
import type { DialledDid } from '../gateway/MeetingRooms.ts';
import type { DialInEvent } from '../ivr/conversation.ts';

/** How the conversation begins with one who dialled a number that leads there. */
export function answeredAt({ meetingId, entry }: DialledDid): DialInEvent {
  if (meetingId === null) return { type: 'answered' };
  return { type: 'answered', destination: { meetingId, role: 'participant', entry } };
}

/** And with one whom we called. No roll-call: whoever called knows whom. */
export function invitedBy({ meetingId, callMe }: CallPlace): DialInEvent {
  const destination = { meetingId, role: 'participant', entry: 'none' } as const;
  return { type: 'invited', destination, callMe };
}
