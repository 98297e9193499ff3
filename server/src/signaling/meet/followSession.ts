import type { MeetDeps, MeetSession } from './MeetSession.ts';
import { whoIs } from './whoIs.ts';

/**
 * Keeps a browser's rights in a room to what its session allows: the session may end, or its user be a host no more. The
 * function that it gives stops that.
 */
export function followSession(session: MeetSession, deps: MeetDeps): () => void {
  const changed = (): void => void reviewSession(session, deps);
  deps.sessions.events.on('changed', changed);
  return () => void deps.sessions.events.off('changed', changed);
}

/**
 * Looks whether it is still as it was when they joined. A host who is none any more is put out as by a lost connection:
 * they may come back to their seat, as what they are by then.
 */
export async function reviewSession(session: MeetSession, deps: MeetDeps): Promise<void> {
  const member = session.memberIfAny;
  if (member?.signedIn !== true) return;
  const { participant, room, signedInBy: sessionToken } = member;
  try {
    const meeting = await deps.meetings.byId(room.meetingId);
    if (!meeting) return;
    const { role, signedInBy } = await whoIs({ sessionToken }, meeting, deps.sessions);
    if (signedInBy === undefined) member.signedOut();
    // They can have left while we looked.
    if (!member.hosts || role === 'host' || session.memberIfAny !== member) return;
    room.remove(participant.id, 'connection-lost');
  } catch (error) {
    deps.logger.error({ err: error }, 'reviewSession() | failed');
  }
}
