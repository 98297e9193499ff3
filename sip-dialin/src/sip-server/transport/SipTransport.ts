import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { AppError } from '@switchroom/protocol';
import type { Clock } from '../clock.ts';
import { parseMessage, parseOversized, type Parsed } from '../message/parseMessage.ts';
import type { Peer, Target } from './peer.ts';
import type { TcpConnection } from './TcpConnection.ts';
import { TcpTransport } from './TcpTransport.ts';
import { UdpTransport } from './UdpTransport.ts';
import { plainWire, type Wire } from './wires.ts';

/** How often a system-chosen TCP port may turn out to be taken for UDP. */
const PORT_ATTEMPTS = 20;

export interface SipTransportOptions {
  host: string;
  /** 0 lets the system choose. */
  port: number;
  /** SIP over TLS, on a port of its own. */
  tls?: { port: number; wire: Wire } | undefined;
  clock: Clock;
  maxConnections: number;
  /** Whether anybody at this address is served. */
  knows: (address: string) => boolean;
  idleMs: number;
  connectTimeoutMs: number;
  onMessage: (parsed: Parsed, peer: Peer) => void;
}

/** SIP over UDP and TCP on one port number, and over TLS on another. */
export class SipTransport {
  readonly #options: SipTransportOptions;
  readonly #tcp: TcpTransport;
  readonly #udp: UdpTransport;
  readonly #tls: TcpTransport | undefined;
  readonly port: number;
  #tlsPort: number | undefined;

  private constructor(options: SipTransportOptions, { tcp, udp, tls }: Sockets, port: number) {
    this.#options = options;
    this.#tcp = tcp;
    this.#udp = udp;
    this.#tls = tls;
    this.port = port;
  }

  get connections(): number {
    return this.#tcp.size + (this.#tls?.size ?? 0);
  }

  /** Undefined without TLS. */
  get tlsPort(): number | undefined {
    return this.#tlsPort;
  }

  /** Whether this far end of a TLS connection has shown a certificate that we trust. */
  certified(host: string, port: number): boolean {
    return this.#tls?.certified(host, port) === true;
  }

  /** Binds both; `AppError('unavailable')` in one line that says what to do when the port is taken. */
  static async listen(options: SipTransportOptions): Promise<SipTransport> {
    for (let attempt = 1; ; attempt++) {
      const sockets = makeSockets(options);
      const { tcp, udp } = sockets;
      let bound: 'TCP' | 'UDP' = 'TCP';
      try {
        const port = await tcp.listen(options.host, options.port);
        bound = 'UDP';
        await udp.listen(options.host, port);
        const transport = new SipTransport(options, sockets, port);
        await transport.#listenTls();
        return transport;
      } catch (error) {
        await Promise.all([tcp.close(), udp.close()]);
        const again = options.port === 0 && bound === 'UDP' && attempt < PORT_ATTEMPTS;
        if (error instanceof AppError) throw error;
        if (!again) throw listenError(error, bound, options);
      }
    }
  }

  /**
   * Sends to a name or address; gives the connection that it went over, if any. Rejects when it cannot
   * be reached or looked up.
   */
  async send(data: Buffer, target: Target): Promise<TcpConnection | undefined> {
    if (target.connection?.closed === false) {
      await target.connection.send(data);
      return target.connection;
    }
    const address = await this.#resolve(target.host);
    const { transport, port, name = target.host } = target;
    if (transport === 'udp') {
      await this.#udp.send(data, address, port);
      return undefined;
    }
    const connections = transport === 'tcp' ? this.#tcp : this.#tls;
    if (connections === undefined) throw new Error('SIP over TLS is off');
    return connections.send(data, { address, port, name });
  }

  async close(): Promise<void> {
    await Promise.all([this.#tcp.close(), this.#udp.close(), this.#tls?.close()]);
  }

  async #listenTls(): Promise<void> {
    const { tls, host } = this.#options;
    if (tls === undefined || this.#tls === undefined) return;
    try {
      this.#tlsPort = await this.#tls.listen(host, tls.port);
    } catch (error) {
      await this.#tls.close();
      throw listenError(error, 'TLS', { host, port: tls.port });
    }
  }

  async #resolve(host: string): Promise<string> {
    if (isIP(host) !== 0) return host;
    const family = this.#options.host.includes(':') ? 6 : 4;
    return (await lookup(host, { family })).address;
  }
}

interface Sockets {
  tcp: TcpTransport;
  udp: UdpTransport;
  tls: TcpTransport | undefined;
}

function makeSockets(options: SipTransportOptions): Sockets {
  const { onMessage } = options;
  const connections = (wire: Wire, transport: 'tcp' | 'tls'): TcpTransport => {
    const take = (parsed: Parsed, connection: TcpConnection): void => {
      const { address: host, port } = connection;
      onMessage(parsed, { transport, host, port, connection });
    };
    return new TcpTransport({
      ...{ ...options, wire },
      onMessage: (data, connection) => take(parseMessage(data), connection),
      onOversized: (head, connection) => take(parseOversized(head), connection),
    });
  };
  const tcp = connections(plainWire, 'tcp');
  const tls = options.tls === undefined ? undefined : connections(options.tls.wire, 'tls');
  const udp = new UdpTransport(options.host, (data, from) => {
    // Port 0 cannot be answered and comes from forgers only.
    if (from.port === 0) return;
    onMessage(parseMessage(data), { transport: 'udp', host: from.address, port: from.port });
  });
  return { tcp, udp, tls };
}

function listenError(
  error: unknown,
  bound: string,
  { host, port }: { host: string; port: number },
): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const where = `SIP port ${port} (${bound}) on ${host}`;
  if (code === 'EADDRINUSE') {
    const setting = bound === 'TLS' ? 'SIP_TLS_PORT' : 'SIP_PORT';
    const message = `${where} is taken: stop what uses it or set ${setting}`;
    return new AppError('unavailable', message, { cause: error });
  }
  const advice = code === 'EADDRNOTAVAIL' ? 'is no address of this machine: set SIP_HOST' : code;
  return new AppError('unavailable', `${where} cannot be opened: ${advice}`, { cause: error });
}
