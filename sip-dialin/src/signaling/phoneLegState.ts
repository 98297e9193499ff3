import type { Membership } from '../gateway/MeetingRooms.ts';
import type { DialInState } from '../ivr/conversation.ts';
import type { CallEnd } from './callEnd.ts';

/** Where a call is. Each state holds only what exists in it. */
export type PhoneLegState =
  | { name: 'ringing' }
  | { name: 'greeting' }
  | { name: 'askingPin' }
  /** A call of ours: until 1 is pressed. */
  | { name: 'confirming' }
  /** Says its name for the roll-call. */
  | { name: 'naming' }
  /** In a room, or about to be: it holds its place there. */
  | { name: 'joining'; meetingId: string; membership: Membership }
  /** In the lobby. */
  | { name: 'waiting'; meetingId: string; membership: Membership }
  | { name: 'joined'; meetingId: string; membership: Membership }
  /** Hears its goodbye; BYE follows. */
  | { name: 'leaving' }
  | { name: 'ended'; end: CallEnd };

/** The state of a leg that is in no room, after its conversation's; undefined where it stays in the one it has. */
export function stateBefore(conversation: DialInState): PhoneLegState | undefined {
  switch (conversation.name) {
    case 'asking':
      return { name: conversation.greeting ? 'greeting' : 'askingPin' };
    case 'checking':
      return { name: 'askingPin' };
    case 'confirming':
    case 'naming':
    case 'leaving':
      return { name: conversation.name };
    default:
      return undefined;
  }
}
