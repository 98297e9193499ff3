import { AppError } from '@switchroom/protocol';
import { formatVia, MAGIC_COOKIE } from '../message/via.ts';
import { hostPort } from '../message/uri.ts';
import type { TransportName } from '../transport/peer.ts';
import { randomToken } from './ids.ts';

/** Who we say we are in Via and Contact. */
export class LocalAddress {
  readonly host: string;
  readonly port: number;
  /** Undefined without TLS. */
  readonly tlsPort: number | undefined;

  constructor(host: string, port: number, tlsPort?: number) {
    this.host = host;
    this.port = port;
    this.tlsPort = tlsPort;
  }

  get hostPort(): string {
    return hostPort(this.host, this.port);
  }

  /** All of them as drachtio-server names its ports. */
  get hostPorts(): string {
    const plain = `tcp/${this.hostPort},udp/${this.hostPort}`;
    if (this.tlsPort === undefined) return plain;
    return `${plain},tls/${hostPort(this.host, this.tlsPort)}`;
  }

  /** Where messages of this transport leave from. `AppError('unavailable')` for TLS that is off. */
  at(transport: TransportName): { transport: TransportName; host: string; port: number } {
    const port = transport === 'tls' ? this.tlsPort : this.port;
    if (port === undefined) throw new AppError('unavailable', 'TLS is off: set SIP_TLS_PORT');
    return { transport, host: this.host, port };
  }

  /**
   * `<sip:host:port>`, with the transport named unless it is the default; `<sips:host:port>` when the
   * dialog is to be secure all the way (RFC 3261 sections 8.1.1.8 and 12.1.1).
   */
  contact(transport: TransportName, secure = false): string {
    const where = hostPort(this.host, this.at(transport).port);
    if (secure && transport === 'tls') return `<sips:${where}>`;
    return `<sip:${where}${transport === 'udp' ? '' : `;transport=${transport}`}>`;
  }

  /** A Via with a fresh branch, asking for rport (RFC 3581 section 3). */
  via(transport: TransportName): string {
    return formatVia({
      transport: transport.toUpperCase(),
      host: this.host,
      port: this.at(transport).port,
      params: new Map([
        ['rport', ''],
        ['branch', MAGIC_COOKIE + randomToken()],
      ]),
    });
  }

  /** drachtio-srf writes `localhost` where it means this server. */
  replaceLocalhost(value: string): string {
    const isTls = /sips:|;transport=tls\b/i.test(value);
    const where = isTls ? hostPort(this.host, this.at('tls').port) : this.hostPort;
    return value.replace(/(sips?:(?:[^@<>;\s]*@)?)localhost(?::\d+)?(?=[;>\s]|$)/i, `$1${where}`);
  }
}
