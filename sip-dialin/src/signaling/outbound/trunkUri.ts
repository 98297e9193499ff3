export type Transport = 'udp' | 'tcp' | 'tls';

/** A trunk's URI taken apart: `sip:carrier.example.net:5060;transport=tcp`. */
export interface TrunkUri {
  scheme: 'sip' | 'sips';
  /** Without brackets. */
  host: string;
  /** `host`, with its brackets if it is an IPv6 address. */
  domain: string;
  port: number | undefined;
  transport: Transport | undefined;
  /** TLS whatever `transport` says (RFC 3261 section 26.2.2). */
  secure: boolean;
  /** All that follows the scheme. */
  rest: string;
}

const TRUNK_URI = /^(sips?):((\[[^\]]+\]|[^:;]+)(?::(\d+))?(?:;transport=(udp|tcp|tls))?)$/i;

/** Errors: a TypeError for what protocol's schema would not have let through. */
export function trunkUri(uri: string): TrunkUri {
  const match = TRUNK_URI.exec(uri);
  const [, scheme = '', rest = '', domain = '', port, transport] = match ?? [];
  if (!match) throw new TypeError('Not the URI of a trunk.');
  const secure = scheme.toLowerCase() === 'sips';
  return {
    scheme: secure ? 'sips' : 'sip',
    host: domain.replace(/^\[(.*)\]$/, '$1'),
    domain,
    port: port === undefined ? undefined : Number(port),
    transport: secure ? 'tls' : (transport?.toLowerCase() as Transport | undefined),
    secure,
    rest,
  };
}
