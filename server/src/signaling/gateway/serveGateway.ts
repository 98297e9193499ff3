import { gatewayRequests, type GatewayResults } from '@switchroom/protocol';
import type { Recorder } from '../../recording/Recorder.ts';
import type { Handlers } from '../handle.ts';
import type { GatewayIntroduction } from '../handshake.ts';
import { serve, type ServedSocket } from '../serve.ts';
import { callGatewayOf, callHandlers } from './callHandlers.ts';
import { gatewayOutbox, type GatewayOutbox, type GatewaySocket } from './GatewayOutbox.ts';
import { GatewaySession, type GatewayDeps } from './GatewaySession.ts';
import { moderatorHandlers } from './moderatorHandlers.ts';
import { phoneHandlers } from './phoneHandlers.ts';
import { pinHandlers } from './pinHandlers.ts';
import { recordingHandlers } from './recordingHandlers.ts';
import { roomHandlers } from './roomHandlers.ts';

/** One gateway speaks for many phones, and after a reconnect for all of them at once. */
const BUDGET = { burst: 5000, perSecond: 1000 };

/** Serves one gateway until it disconnects. */
export function serveGateway(
  socket: GatewaySocket,
  { kind, recordings }: GatewayIntroduction,
  deps: GatewayDeps,
): void {
  const logger = deps.logger.child({ gateway: kind });
  const outbox = gatewayOutbox(socket);
  const session = new GatewaySession({ kind, outbox, deps });
  const callGateway = callGatewayOf(outbox);
  const handlers: Handlers<typeof gatewayRequests, GatewayResults> = {
    ...roomHandlers(session),
    ...pinHandlers(session, deps),
    ...phoneHandlers(session, deps, callGateway),
    ...moderatorHandlers(session, deps),
    ...recordingHandlers(session, deps),
    ...callHandlers(session, deps),
  };
  const recorder = kind === 'recorder' ? recorderOf(socket, outbox) : undefined;
  serve(socket as ServedSocket, gatewayRequests, handlers, { budget: BUDGET, logger });
  const tellTrunks = (): void => outbox.tell('trunks:changed', deps.dialPlan.news);
  if (kind === 'sip-dialin') deps.dialPlan.on('changed', tellTrunks);
  socket.on('disconnect', (reason) => {
    deps.dialPlan.off('changed', tellTrunks);
    logger.info({ reason }, 'serveGateway() | disconnected');
    session.disconnected();
    if (recorder) deps.recordings.removeRecorder(recorder);
    deps.calls.removeGateway(callGateway);
  });
  logger.info('serveGateway() | connected');
  if (recorder) deps.recordings.addRecorder(recorder, recordings);
  if (kind !== 'sip-dialin') return;
  deps.calls.addGateway(callGateway);
  tellTrunks();
}

function recorderOf(socket: GatewaySocket, outbox: GatewayOutbox): Recorder {
  return {
    start: (request) => outbox.startRecording(request),
    pause: (recordingId, by) => outbox.pauseRecording(recordingId, by),
    tell: (recordingId, consents) => outbox.tell('recording:told', { recordingId, consents }),
    stop: (recordingId) => outbox.stopRecording(recordingId),
    giveUp: () => void socket.disconnect(true),
  };
}
