import type { TcpConnection } from './TcpConnection.ts';

export type TransportName = 'udp' | 'tcp' | 'tls';

/** The port where none is said (RFC 3261 section 19.1.2). */
export function defaultPort(transport: TransportName): number {
  return transport === 'tls' ? 5061 : 5060;
}

/** Where a message is to go. `host` may be a name: it is looked up when sending. */
export interface Target {
  transport: TransportName;
  host: string;
  port: number;
  /** Whom a certificate must name; default: `host`. */
  name?: string | undefined;
  /** The connection to use as long as it is open (RFC 3261 section 18.2.2). */
  connection?: TcpConnection | undefined;
}

/** Where a message came from. `host` is a numeric address. */
export type Peer = Target;
