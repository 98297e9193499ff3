import type { TcpConnection } from './TcpConnection.ts';

export type TransportName = 'udp' | 'tcp';

/** Where a message is to go. `host` may be a name: it is looked up when sending. */
export interface Target {
  transport: TransportName;
  host: string;
  port: number;
  /** The connection to use as long as it is open (RFC 3261 section 18.2.2). */
  connection?: TcpConnection | undefined;
}

/** Where a message came from. `host` is a numeric address. */
export type Peer = Target;
