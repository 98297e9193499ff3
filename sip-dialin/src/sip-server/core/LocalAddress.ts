import { formatVia, MAGIC_COOKIE } from '../message/via.ts';
import { hostPort } from '../message/uri.ts';
import type { TransportName } from '../transport/peer.ts';
import { randomToken } from './ids.ts';

/** Who we say we are in Via and Contact. */
export class LocalAddress {
  readonly host: string;
  readonly port: number;

  constructor(host: string, port: number) {
    this.host = host;
    this.port = port;
  }

  get hostPort(): string {
    return hostPort(this.host, this.port);
  }

  /** `<sip:user@host:port>`, with the transport named unless it is the default. */
  contact(transport: TransportName, user?: string): string {
    const who = user === undefined ? '' : `${user}@`;
    return `<sip:${who}${this.hostPort}${transport === 'tcp' ? ';transport=tcp' : ''}>`;
  }

  /** A Via with a fresh branch, asking for rport (RFC 3581 section 3). */
  via(transport: TransportName): string {
    return formatVia({
      transport: transport.toUpperCase(),
      host: this.host,
      port: this.port,
      params: new Map([
        ['rport', ''],
        ['branch', MAGIC_COOKIE + randomToken()],
      ]),
    });
  }

  /** drachtio-srf writes `localhost` where it means this server. */
  replaceLocalhost(value: string): string {
    return value.replace(
      /(sips?:(?:[^@<>;\s]*@)?)localhost(?::\d+)?(?=[;>\s]|$)/i,
      `$1${this.hostPort}`,
    );
  }
}
