import { meetRequests, type MeetResults } from '@switchroom/protocol';
import type { Handlers } from '../handle.ts';
import { serve, type ServedSocket } from '../serve.ts';
import { callHandlers, tellCalls } from './callHandlers.ts';
import { followSession } from './followSession.ts';
import { hostHandlers } from './hostHandlers.ts';
import { joinHandlers } from './joinHandlers.ts';
import { mediaHandlers } from './mediaHandlers.ts';
import { meetOutbox, type MeetSocket } from './MeetOutbox.ts';
import { MeetSession, type MeetDeps } from './MeetSession.ts';
import { participantHandlers } from './participantHandlers.ts';
import { tellAlarms } from './tellAlarms.ts';

/** A person does not click faster; a client that joins sends about six at once. */
const BUDGET = { burst: 60, perSecond: 20 };

/** Serves one browser until it disconnects. */
export function serveMeet(socket: MeetSocket, deps: MeetDeps): void {
  const session = new MeetSession(meetOutbox(socket));
  const handlers: Handlers<typeof meetRequests, MeetResults> = {
    ...joinHandlers(session, deps),
    ...mediaHandlers(session),
    ...participantHandlers(session),
    ...hostHandlers(session),
    ...callHandlers(session, deps),
  };
  const stopCalls = tellCalls(session, deps);
  const stopAlarms = tellAlarms(session, deps);
  const stopFollowing = followSession(session, deps);
  socket.on('disconnect', () => {
    stopCalls();
    stopAlarms();
    stopFollowing();
    session.disconnected();
  });
  serve(socket as ServedSocket, meetRequests, handlers, { budget: BUDGET, logger: deps.logger });
}
