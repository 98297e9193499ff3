import { AppError } from '@switchroom/protocol';
import { listOf } from '../message/lists.ts';
import { parseNameAddr } from '../message/nameAddr.ts';
import type { SipRequest } from '../message/SipMessage.ts';
import { parseSipUri } from '../message/uri.ts';
import { defaultPort, type Target, type TransportName } from '../transport/peer.ts';

/**
 * Where a URI leads: its host (or `maddr`), port and `transport` (RFC 3261 section 8.1.2). `sips:`
 * is TLS. Names are looked up as addresses: SRV and NAPTR (RFC 3263) are the application's to ask.
 */
export function targetOf(text: string): Target {
  const uri = parseSipUri(text);
  if (uri === undefined) throw new AppError('bad-request', 'not a SIP URI that can be sent to');
  const named = uri.params.get('transport')?.toLowerCase();
  // `sips:...;transport=tcp` means TLS over TCP (RFC 3261 section 26.2.2).
  const secure = uri.scheme === 'sips' && (named === undefined || named === 'tcp');
  const transport = secure ? 'tls' : (named ?? 'udp');
  if (!isTransport(transport)) {
    throw new AppError('not-built', `SIP over ${transport} is not built`);
  }
  if (uri.scheme === 'sips' && transport !== 'tls') {
    throw new AppError('bad-request', 'sips: does not go over UDP');
  }
  const host = uri.params.get('maddr') ?? uri.host;
  return { transport, host, port: uri.port ?? defaultPort(transport) };
}

/**
 * Where an application wants a request to go. It has looked the name up (RFC 3263), so that an address stands
 * there: `tls-name` says whose certificate is wanted all the same (RFC 5922 section 4). Never read from what the
 * network sends.
 */
export function proxyTarget(text: string): Target {
  const name = parseSipUri(text)?.params.get('tls-name');
  return { ...targetOf(text), ...(name === undefined ? {} : { name }) };
}

/** The next hop of a request: its topmost Route, else its Request-URI. */
export function nextHop(request: SipRequest): Target {
  const route = listOf(request.headers.getAll('Route').slice(0, 1))[0];
  const uri = route === undefined ? request.uri : parseNameAddr(route)?.uri;
  return targetOf(uri ?? request.uri);
}

function isTransport(name: string): name is TransportName {
  return name === 'udp' || name === 'tcp' || name === 'tls';
}
