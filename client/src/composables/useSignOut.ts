import { useRest } from '../injection.ts';
import { useSessionStore } from '../stores/session.ts';

/** Signs out here at once, and has the server forget the session, too: a copy of its token is of no use then. */
export function useSignOut(): () => void {
  const session = useSessionStore();
  const rest = useRest();
  return () => {
    const { token } = session;
    session.signOut();
    // A server that is away ends it by itself in time.
    if (token !== undefined) rest.call('DELETE', '/sessions', token).catch(() => undefined);
  };
}
