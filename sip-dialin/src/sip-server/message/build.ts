import { Headers } from './Headers.ts';
import { reasonOf } from './reasons.ts';
import type { SipRequest, SipResponse } from './SipMessage.ts';

/** A response with the headers that every response copies from its request (RFC 3261 section 8.2.6.2). */
export function responseTo(request: SipRequest, status: number, reason = ''): SipResponse {
  const headers = new Headers();
  for (const via of request.headers.getAll('Via')) headers.append('Via', via);
  for (const name of ['From', 'To', 'Call-ID', 'CSeq']) {
    const value = request.headers.get(name);
    if (value !== undefined) headers.append(name, value);
  }
  const timestamp = request.headers.get('Timestamp');
  if (status === 100 && timestamp !== undefined) headers.append('Timestamp', timestamp);
  return {
    kind: 'response',
    status,
    reason: reason === '' ? reasonOf(status) : reason,
    headers,
    body: Buffer.alloc(0),
  };
}

/**
 * The ACK of a final answer that is not 2xx: same branch and CSeq number as its INVITE, To of the
 * answer (RFC 3261 section 17.1.1.3). Also the shape of a CANCEL (section 9.1).
 */
export function hopByHop(method: 'ACK' | 'CANCEL', invite: SipRequest, to: string): SipRequest {
  const headers = new Headers();
  const copy = (name: string): void => {
    const value = invite.headers.get(name);
    if (value !== undefined) headers.append(name, value);
  };
  copy('Via');
  headers.append('Max-Forwards', '70');
  for (const route of invite.headers.getAll('Route')) headers.append('Route', route);
  copy('From');
  headers.append('To', to);
  copy('Call-ID');
  const number = (invite.headers.get('CSeq') ?? '').split(/\s/)[0] ?? '';
  headers.append('CSeq', `${number} ${method}`);
  return { kind: 'request', method, uri: invite.uri, headers, body: Buffer.alloc(0) };
}
