import type { SipRequest } from '../message/SipMessage.ts';
import { setTopVia, topVia } from '../message/via.ts';
import { defaultPort, type Peer, type Target } from './peer.ts';

/**
 * Notes in the topmost Via where a request really came from: `received` when it differs from what
 * the Via says (RFC 3261 section 18.2.1), and `rport` when it was asked for (RFC 3581 section 4).
 */
export function stampReceived(request: SipRequest, peer: Peer): void {
  const via = topVia(request);
  if (via === undefined) return;
  const asked = via.params.has('rport');
  if (asked) via.params.set('rport', String(peer.port));
  // RFC 3581 wants `received` with every rport; as sofia does, only where it says something new.
  if (via.host !== peer.host) via.params.set('received', peer.host);
  else via.params.delete('received');
  setTopVia(request, via);
}

/** Where the answers to a request go (RFC 3261 section 18.2.2, RFC 3581 section 4). */
export function answerTarget(request: SipRequest, peer: Peer): Target {
  if (peer.transport !== 'udp') {
    const via = topVia(request);
    return { ...peer, port: via?.port ?? defaultPort(peer.transport) };
  }
  const via = topVia(request);
  if (via === undefined || via.params.has('rport')) return peer;
  return { transport: 'udp', host: peer.host, port: via.port ?? defaultPort('udp') };
}
