import type { Role } from '@switchroom/protocol';
import { hasRole } from '../../identity/roles.ts';
import type { Sessions } from '../../identity/Sessions.ts';
import type { Meeting } from '../../meetings/MeetingStore.ts';
import { keyIn } from '../../room/keyIn.ts';

export interface Who {
  role: Role;
  /** The session that they are signed in by, if any. */
  signedInBy: string | undefined;
  /** By these they are known again once they were put out of this meeting, and of no other. */
  knownBy: string[];
}

/** The owner is the host. A session that is over makes nobody less than a guest. */
export async function whoIs(
  {
    sessionToken,
    browserId,
  }: { sessionToken?: string | undefined; browserId?: string | undefined },
  { id, ownerId }: Meeting,
  sessions: Pick<Sessions, 'find'>,
): Promise<Who> {
  const user = sessionToken === undefined ? undefined : await sessions.find(sessionToken);
  const isHost = user?.id === ownerId && hasRole(user, 'host');
  const knownBy = [
    ...(user ? [keyIn(id, `user ${user.id}`)] : []),
    ...(browserId ? [keyIn(id, `browser ${browserId}`)] : []),
  ];
  return {
    role: isHost ? 'host' : 'participant',
    signedInBy: user && sessionToken,
    knownBy,
  };
}
