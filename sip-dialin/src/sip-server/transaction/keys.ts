import { cseqOf, type SipMessage, type SipRequest } from '../message/SipMessage.ts';
import { tagOf } from '../message/nameAddr.ts';
import { MAGIC_COOKIE, topVia } from '../message/via.ts';

/**
 * What server transactions are told apart by (RFC 3261 section 17.2.3): branch, sent-by and method,
 * or for clients older than that the headers that identify a request. ACK and CANCEL find their
 * INVITE with `method` set to it.
 */
export function serverKey(request: SipRequest, method = request.method): string {
  const via = topVia(request);
  const branch = via?.params.get('branch') ?? '';
  const sentBy = `${via?.host.toLowerCase() ?? ''}:${via?.port ?? ''}`;
  if (branch.startsWith(MAGIC_COOKIE) && branch.length > MAGIC_COOKIE.length) {
    return `${branch} ${sentBy} ${method}`;
  }
  const parts = [branch, sentBy, method, request.uri, ...originOf(request)];
  return parts.join(' ');
}

/** Equal for copies of one request that came over different paths (section 8.2.2.2). */
export function mergeKey(request: SipRequest): string {
  return [...originOf(request), request.method].join(' ');
}

/** What a response's client transaction is found by (section 17.1.3). */
export function clientKey(message: SipMessage): string {
  const branch = topVia(message)?.params.get('branch') ?? '';
  return `${branch} ${cseqOf(message)?.method ?? ''}`;
}

function originOf(request: SipRequest): string[] {
  const { headers } = request;
  const seq = cseqOf(request)?.seq ?? '';
  return [headers.get('Call-ID') ?? '', tagOf(headers.get('From')) ?? '', String(seq)];
}
