import {
  AppError,
  GATEWAY_NAMESPACE,
  PROTOCOL_VERSION,
  unwrap,
  type GatewayClientToServer,
  type GatewayPayload,
  type GatewayRequest,
  type GatewayResults,
  type GatewayServerToClient,
  type Result,
} from '@switchroom/protocol';
import { io, type Socket } from 'socket.io-client';

/** What the gateway needs of its connection to the server: requests out, news in. */
export interface GatewaySocket {
  readonly connected: boolean;
  /** Errors: what the server says; `unavailable` when it is away or does not answer. */
  request<K extends GatewayRequest>(
    event: K,
    payload: GatewayPayload<K>,
  ): Promise<GatewayResults[K]>;
  /** Twice is silent. */
  close(): void;
}

/** News that concerns phones. */
const PHONE_NEWS = [
  'trunks:changed',
  'consumer:created',
  'consumer:closed',
  'participant:joined',
  'participant:updated',
  'participant:left',
  'room:closed',
  'room:changed',
  'room:audience',
  'phone:unmuteAsked',
  'call:place',
  'call:cancel',
] as const satisfies (keyof GatewayServerToClient)[];

export type PhoneNews = Pick<GatewayServerToClient, (typeof PHONE_NEWS)[number]>;

export interface GatewaySocketHandlers {
  onConnected: () => void;
  onDisconnected: () => void;
  /** The server answered the handshake with a no. It is asked again after a while. */
  onRefused: (message: string) => void;
  news: PhoneNews;
}

export type OpenGatewaySocket = (handlers: GatewaySocketHandlers) => GatewaySocket;

/** An answer that takes longer than this is none. */
const REQUEST_TIMEOUT_MS = 5_000;
const REFUSED_RETRY_MS = 2_000;
const RECONNECT_FIRST_MS = 100;
const RECONNECT_MAX_MS = 1_000;

/** The real one: socket.io, which connects again by itself. `url` is the server's origin. */
export function socketIoGateway(url: string, token: string): OpenGatewaySocket {
  return (handlers) => {
    const socket: Socket<GatewayServerToClient, GatewayClientToServer> = io(
      new URL(GATEWAY_NAMESPACE, url).href,
      {
        auth: { token, kind: 'sip-dialin', protocolVersion: PROTOCOL_VERSION },
        transports: ['websocket'],
        forceNew: true,
        reconnectionDelay: RECONNECT_FIRST_MS,
        reconnectionDelayMax: RECONNECT_MAX_MS,
      },
    );
    let retry: NodeJS.Timeout | undefined;
    socket.on('connect', handlers.onConnected);
    socket.on('disconnect', handlers.onDisconnected);
    socket.on('connect_error', (error) => {
      // socket.io tries again by itself, but not after a refused handshake.
      if (socket.active) return;
      handlers.onRefused(error.message);
      retry = setTimeout(() => socket.connect(), REFUSED_RETRY_MS);
    });
    for (const event of PHONE_NEWS) socket.on(event, handlers.news[event]);

    return {
      get connected() {
        return socket.connected;
      },
      async request(event, payload) {
        // Not queued for later: a caller is waiting now.
        if (!socket.connected) throw new AppError('unavailable', 'The server is not connected.');
        return unwrap(await withTimeout(socket, event, payload));
      },
      close() {
        clearTimeout(retry);
        socket.close();
      },
    };
  };
}

/** One request with its ack; the generic types of socket.io do not carry an event name as a variable. */
async function withTimeout<K extends GatewayRequest>(
  socket: Socket<GatewayServerToClient, GatewayClientToServer>,
  event: K,
  payload: GatewayPayload<K>,
): Promise<Result<GatewayResults[K]>> {
  const emitter = socket.timeout(REQUEST_TIMEOUT_MS) as unknown as {
    emitWithAck(event: K, payload: GatewayPayload<K>): Promise<Result<GatewayResults[K]>>;
  };
  try {
    return await emitter.emitWithAck(event, payload);
  } catch (cause) {
    throw new AppError('unavailable', `The server did not answer ${event}.`, { cause });
  }
}
