import { z } from 'zod';

export type TrunkTransport = 'udp' | 'tcp' | 'tls';

/** A trunk's URI taken apart: `sip:carrier.example.net:5060;transport=tcp`. */
export interface TrunkUri {
  scheme: 'sip' | 'sips';
  /** Without brackets. */
  host: string;
  /** `host`, with its brackets if it is an IPv6 address. */
  domain: string;
  port: number | undefined;
  transport: TrunkTransport | undefined;
  /** TLS whatever `transport` says (RFC 3261 section 26.2.2). */
  secure: boolean;
  /** All that follows the scheme. */
  rest: string;
}

const SHAPE = /^(sips?):((\[[^\s\]]+\]|[^\s:;[\]]+)(?::(\d{1,5}))?(?:;transport=(udp|tcp|tls))?)$/i;
const hostName = z.hostname();
const ipv4 = z.ipv4();
const ipv6 = z.ipv6();

/**
 * Reads the URI of a trunk (RFC 3261 section 19.1.1): a host name, an IPv4 address or an IPv6 address in brackets, with
 * a port or without. `undefined` for what is none.
 */
export function parseTrunkUri(uri: string): TrunkUri | undefined {
  const match = SHAPE.exec(uri);
  if (!match) return undefined;
  const [, scheme = '', rest = '', domain = '', digits, transport] = match;
  const host = domain.replace(/^\[(.*)\]$/, '$1');
  const port = digits === undefined ? undefined : Number(digits);
  if (!isHost(host, domain.startsWith('[')) || port === 0 || (port ?? 1) > 65_535) return undefined;
  const secure = scheme.toLowerCase() === 'sips';
  const by = transport?.toLowerCase() as TrunkTransport | undefined;
  if (secure && by === 'udp') return undefined;
  return {
    scheme: secure ? 'sips' : 'sip',
    host,
    domain,
    port,
    transport: secure ? 'tls' : by,
    secure,
    rest,
  };
}

/** A host name or an IPv4 address; in brackets, and without them here, an IPv6 address. */
export function isHost(host: string, inBrackets: boolean): boolean {
  if (inBrackets) return ipv6.safeParse(host).success;
  // The last label of a name is never a number (RFC 1123 section 2.1): 192.0.2.999 is no name.
  const isName = !/(^|\.)\d+\.?$/.test(host) && hostName.safeParse(host).success;
  return isName || ipv4.safeParse(host).success;
}
