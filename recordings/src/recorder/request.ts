import {
  unwrap,
  type GatewayClientToServer,
  type GatewayPayload,
  type GatewayRequest,
  type GatewayResults,
  type GatewayServerToClient,
  type Result,
} from '@switchroom/protocol';
import type { Socket } from 'socket.io-client';

export type GatewaySocket = Socket<GatewayServerToClient, GatewayClientToServer>;

/** How long the server may take to answer. */
const REQUEST_TIMEOUT_MS = 10_000;

/** Asks the server. Errors: its `AppError`; an Error of socket.io's when no answer comes. */
export async function request<K extends GatewayRequest>(
  socket: GatewaySocket,
  event: K,
  payload: GatewayPayload<K>,
): Promise<GatewayResults[K]> {
  // Socket.io's types lose the link between event and answer when the event is a variable.
  const untyped = socket as unknown as Socket;
  const answer: unknown = await untyped.timeout(REQUEST_TIMEOUT_MS).emitWithAck(event, payload);
  return unwrap(answer as Result<GatewayResults[K]>);
}
