import { connect, isIP, type Socket } from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  createServer as createTlsServer,
  rootCertificates,
  type TLSSocket,
} from 'node:tls';
import { AppError } from '@switchroom/protocol';
import { hostPort } from '../message/uri.ts';

/** Where a connection is to lead. */
export interface Far {
  /** Numeric. */
  address: string;
  port: number;
  /** What it was looked up from: who the far end must prove to be. */
  name: string;
}

/** What tells TCP from TLS: how connections are made and told apart. */
export interface Wire {
  /** The event of a new socket that says it can be used. */
  readonly ready: 'connect' | 'secureConnect';
  /** Gives what a connection that has come in is to be passed to; `onSocket` gets it when it can be used. */
  acceptor(onSocket: (socket: Socket) => void): (raw: Socket) => void;
  connect(far: Far): Socket;
  /** Equal for far ends that may share a connection. */
  keyOf(far: Far): string;
}

export const plainWire: Wire = {
  ready: 'connect',
  acceptor: (onSocket) => onSocket,
  connect: ({ address, port }) => connect({ host: address, port }),
  keyOf: ({ address, port }) => hostPort(address, port),
};

/** All in PEM. */
export interface TlsMaterial {
  /** Our certificate, and those between it and its root. Shown in both directions. */
  cert: string;
  key: string;
  /** Whom we trust besides the roots that every system knows. */
  ca?: string | undefined;
  /**
   * Who shows no certificate that `ca` signed is not spoken to. Default: with `ca` all are asked for one, and
   * `TcpConnection.certified` tells who had it.
   */
  requireClientCertificate?: boolean | undefined;
}

/** How long a stranger may take over the handshake, in milliseconds. */
const HANDSHAKE_MS = 10_000;
const VERSION = 'TLSv1.2';

/** Throws `AppError('unavailable')` when certificate and key are not a pair, or no such things. */
export function tlsWire(material: TlsMaterial): Wire {
  const { cert, key, ca, requireClientCertificate = false } = material;
  check(material);
  return {
    ready: 'secureConnect',
    acceptor: (onSocket) => {
      const verify = {
        requestCert: ca !== undefined,
        rejectUnauthorized: requireClientCertificate,
      };
      const trusted = ca === undefined ? {} : { ca };
      const options = { cert, key, ...trusted, ...verify, minVersion: VERSION } as const;
      const server = createTlsServer({ ...options, handshakeTimeout: HANDSHAKE_MS }, onSocket);
      // Whoever cannot shake hands is a stranger: Node closes the socket.
      server.on('tlsClientError', (_error: Error, socket: TLSSocket) => socket.destroy());
      return (raw) => void server.emit('connection', raw);
    },
    connect: ({ address, port, name }) =>
      connectTls({
        ...{ host: address, port, cert, key, minVersion: VERSION },
        ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
        // RFC 5922 section 7: the certificate must be of the name that was asked for.
        ...(isIP(name) === 0 ? { servername: name } : {}),
      }),
    // A connection that proved to be of one name may not carry what is meant for another.
    keyOf: ({ address, port, name }) => `${name.toLowerCase()} ${hostPort(address, port)}`,
  };
}

function check({ cert, key, ca }: TlsMaterial): void {
  try {
    createSecureContext({ cert, key, ...(ca === undefined ? {} : { ca }) });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `SIP_TLS_CERT, SIP_TLS_KEY or SIP_TLS_CA cannot be used: ${why}`;
    throw new AppError('unavailable', message, { cause: error });
  }
}
