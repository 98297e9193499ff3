import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { AppError } from '@switchroom/protocol';
import type { Clock } from '../clock.ts';
import { parseMessage, type Parsed } from '../message/parseMessage.ts';
import type { Peer, Target } from './peer.ts';
import { TcpTransport } from './TcpTransport.ts';
import { UdpTransport } from './UdpTransport.ts';

/** How often a system-chosen TCP port may turn out to be taken for UDP. */
const PORT_ATTEMPTS = 20;

export interface SipTransportOptions {
  host: string;
  /** 0 lets the system choose. */
  port: number;
  clock: Clock;
  maxConnections: number;
  idleMs: number;
  connectTimeoutMs: number;
  onMessage: (parsed: Parsed, peer: Peer) => void;
}

/** SIP over UDP and TCP on one port number. */
export class SipTransport {
  readonly #options: SipTransportOptions;
  readonly #tcp: TcpTransport;
  readonly #udp: UdpTransport;
  readonly port: number;

  private constructor(
    options: SipTransportOptions,
    tcp: TcpTransport,
    udp: UdpTransport,
    port: number,
  ) {
    this.#options = options;
    this.#tcp = tcp;
    this.#udp = udp;
    this.port = port;
  }

  get connections(): number {
    return this.#tcp.size;
  }

  /** Binds both; `AppError('unavailable')` in one line that says what to do when the port is taken. */
  static async listen(options: SipTransportOptions): Promise<SipTransport> {
    for (let attempt = 1; ; attempt++) {
      const { tcp, udp } = makeSockets(options);
      let bound: 'TCP' | 'UDP' = 'TCP';
      try {
        const port = await tcp.listen(options.host, options.port);
        bound = 'UDP';
        await udp.listen(options.host, port);
        return new SipTransport(options, tcp, udp, port);
      } catch (error) {
        await Promise.all([tcp.close(), udp.close()]);
        const again = options.port === 0 && bound === 'UDP' && attempt < PORT_ATTEMPTS;
        if (!again) throw listenError(error, bound, options);
      }
    }
  }

  /** Sends to a name or address; rejects when it cannot be reached or looked up. */
  async send(data: Buffer, target: Target): Promise<void> {
    if (target.connection?.closed === false) return target.connection.send(data);
    const address = await this.#resolve(target.host);
    const transport = target.transport === 'tcp' ? this.#tcp : this.#udp;
    return transport.send(data, address, target.port);
  }

  async close(): Promise<void> {
    await Promise.all([this.#tcp.close(), this.#udp.close()]);
  }

  async #resolve(host: string): Promise<string> {
    if (isIP(host) !== 0) return host;
    const family = this.#options.host.includes(':') ? 6 : 4;
    return (await lookup(host, { family })).address;
  }
}

function makeSockets(options: SipTransportOptions): { tcp: TcpTransport; udp: UdpTransport } {
  const { onMessage } = options;
  const tcp = new TcpTransport({
    ...options,
    onMessage: (data, connection) => {
      const { address: host, port } = connection;
      onMessage(parseMessage(data), { transport: 'tcp', host, port, connection });
    },
  });
  const udp = new UdpTransport(options.host, (data, from) => {
    // Port 0 cannot be answered and comes from forgers only.
    if (from.port === 0) return;
    onMessage(parseMessage(data), { transport: 'udp', host: from.address, port: from.port });
  });
  return { tcp, udp };
}

function listenError(error: unknown, bound: string, { host, port }: SipTransportOptions): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const where = `SIP port ${port} (${bound}) on ${host}`;
  if (code === 'EADDRINUSE') {
    const message = `${where} is taken: stop what uses it or set SIP_PORT`;
    return new AppError('unavailable', message, { cause: error });
  }
  const advice = code === 'EADDRNOTAVAIL' ? 'is no address of this machine: set SIP_HOST' : code;
  return new AppError('unavailable', `${where} cannot be opened: ${advice}`, { cause: error });
}
