import {
  AppError,
  MEET_NAMESPACE,
  PROTOCOL_VERSION,
  type MeetClientToServer,
  type MeetPayload,
  type MeetRequest,
  type MeetResults,
  type MeetServerToClient,
  type Result,
} from '@switchroom/protocol';
import { io, type Socket } from 'socket.io-client';

export type MeetSocket = Socket<MeetServerToClient, MeetClientToServer>;

/** How long a request may stay without its acknowledgement, ms. */
export const ACK_TIMEOUT_MS = 10_000;

/** A new connection to the signaling server; it connects, and reconnects, by itself. */
export function connectMeet(): MeetSocket {
  return io(MEET_NAMESPACE, {
    auth: { protocolVersion: PROTOCOL_VERSION },
    // WebSocket at once saves the round trips of an upgrade; polling is for proxies without it.
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnectionDelay: 300,
    reconnectionDelayMax: 3_000,
    forceNew: true,
  });
}

/** The one place where an event name and its payload lose their common type parameter. */
interface UntypedEmitter {
  emit(event: string, payload: unknown, ack: (error: Error | null, result: unknown) => void): void;
}

/**
 * Sends a request; `done` is called inside the acknowledgement, before any later news is
 * delivered. No answer in time is the failure `unavailable`.
 */
export function send<K extends MeetRequest>(
  socket: Pick<MeetSocket, 'timeout'>,
  event: K,
  payload: MeetPayload<K>,
  done: (result: Result<MeetResults[K]>) => void,
): void {
  const emitter = socket.timeout(ACK_TIMEOUT_MS) as unknown as UntypedEmitter;
  emitter.emit(event, payload, (error, result) => {
    if (error === null) done(result as Result<MeetResults[K]>);
    else done({ ok: false, code: 'unavailable', message: 'The server did not answer in time.' });
  });
}

export type Request = <K extends MeetRequest>(
  event: K,
  payload: MeetPayload<K>,
) => Promise<MeetResults[K]>;

/** As `Request`, but a failure is told to the user, and the result is none. */
export type Ask = <K extends MeetRequest>(
  event: K,
  payload: MeetPayload<K>,
) => Promise<MeetResults[K] | undefined>;

/** Requests on `socket` as promises, which reject with an `AppError`. */
export function requester(socket: Pick<MeetSocket, 'timeout' | 'connected'>): Request {
  return (event, payload) =>
    new Promise((resolve, reject) => {
      // socket.io would keep it and send it after the reconnect, into another participant.
      if (!socket.connected) {
        reject(new AppError('unavailable', 'Not connected.'));
        return;
      }
      send(socket, event, payload, (result) => {
        if (result.ok) resolve(result.value);
        else reject(new AppError(result.code, result.message));
      });
    });
}
