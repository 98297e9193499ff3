import {
  AppError,
  gatewayHandshakeSchema,
  meetHandshakeSchema,
  PROTOCOL_VERSION,
  type GatewayHandshake,
} from '@switchroom/protocol';
import { equalSecrets } from '../identity/secrets.ts';

/** A refused handshake; socket.io gives `message` and `data` to the peer's `connect_error`. */
export class HandshakeError extends Error {
  readonly data: { code: string; message: string };

  constructor({ code, message }: AppError) {
    super(message);
    this.data = { code, message };
  }
}

function checkVersion(version: number): void {
  if (version === PROTOCOL_VERSION) return;
  throw new AppError(
    'protocol-version',
    `The server speaks protocol version ${PROTOCOL_VERSION}; load the page again.`,
  );
}

/** Errors: `bad-request`, `protocol-version`. */
export function checkMeetHandshake(auth: unknown): void {
  const parsed = meetHandshakeSchema.safeParse(auth);
  if (!parsed.success) throw new AppError('bad-request', 'The handshake needs protocolVersion.');
  checkVersion(parsed.data.protocolVersion);
}

/** What a gateway says of itself. */
export type GatewayIntroduction = Pick<GatewayHandshake, 'kind' | 'recordings'>;

/** Which gateway it is. Errors: `bad-request`, `unauthenticated`, `protocol-version`. */
export function checkGatewayHandshake(auth: unknown, serviceToken: string): GatewayIntroduction {
  const parsed = gatewayHandshakeSchema.safeParse(auth);
  if (!parsed.success) {
    throw new AppError('bad-request', 'The handshake needs token, kind and protocolVersion.');
  }
  const { token, kind, protocolVersion, recordings } = parsed.data;
  if (!equalSecrets(token, serviceToken)) {
    throw new AppError('unauthenticated', 'The service token is wrong.');
  }
  checkVersion(protocolVersion);
  return { kind, recordings };
}

/** A check as socket.io middleware. */
export function handshake<S extends { handshake: { auth: unknown } }>(
  check: (auth: unknown, socket: S) => void,
): (socket: S, next: (error?: Error) => void) => void {
  return (socket, next) => {
    try {
      check(socket.handshake.auth, socket);
      next();
    } catch (error) {
      next(error instanceof AppError ? new HandshakeError(error) : new Error('internal'));
    }
  };
}
