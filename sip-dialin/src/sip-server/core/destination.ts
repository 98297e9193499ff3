import { AppError } from '@switchroom/protocol';
import { listOf } from '../message/lists.ts';
import { parseNameAddr } from '../message/nameAddr.ts';
import type { SipRequest } from '../message/SipMessage.ts';
import { parseSipUri } from '../message/uri.ts';
import type { Target, TransportName } from '../transport/peer.ts';

const DEFAULT_PORT = 5060;

/**
 * Where a URI leads: its host (or `maddr`), port and `transport` (RFC 3261 section 8.1.2). Names are
 * looked up as addresses; SRV and NAPTR (RFC 3263) and TLS are not built.
 */
export function targetOf(text: string): Target {
  const uri = parseSipUri(text);
  if (uri === undefined) throw new AppError('bad-request', 'not a SIP URI that can be sent to');
  const transport = uri.params.get('transport')?.toLowerCase() ?? 'udp';
  if (uri.scheme === 'sips' || !isTransport(transport)) {
    throw new AppError(
      'not-built',
      `SIP over ${uri.scheme === 'sips' ? 'tls' : transport} is not built`,
    );
  }
  const host = uri.params.get('maddr') ?? uri.host;
  return { transport, host, port: uri.port ?? DEFAULT_PORT };
}

/** The next hop of a request: its topmost Route, else its Request-URI. */
export function nextHop(request: SipRequest): Target {
  const route = listOf(request.headers.getAll('Route').slice(0, 1))[0];
  const uri = route === undefined ? request.uri : parseNameAddr(route)?.uri;
  return targetOf(uri ?? request.uri);
}

function isTransport(name: string): name is TransportName {
  return name === 'udp' || name === 'tcp';
}
