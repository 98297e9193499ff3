import { Headers } from '../message/Headers.ts';
import type { SipRequest } from '../message/SipMessage.ts';

/** A request as our own server would send it. */
export function requestOf(method: string, branch = 'z9hG4bKtest'): SipRequest {
  const headers = new Headers()
    .append('Via', `SIP/2.0/UDP 127.0.0.1:5060;branch=${branch}`)
    .append('From', '<sip:a@127.0.0.1>;tag=from')
    .append('To', '<sip:b@127.0.0.1>')
    .append('Call-ID', 'test-call')
    .append('CSeq', `1 ${method}`);
  return { kind: 'request', method, uri: 'sip:b@127.0.0.1', headers, body: Buffer.alloc(0) };
}
