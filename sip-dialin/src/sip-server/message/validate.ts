import { listOf } from './lists.ts';
import { parseNameAddr } from './nameAddr.ts';
import type { Fault, Parsed } from './parseMessage.ts';
import { cseqOf, type SipMessage, type SipRequest } from './SipMessage.ts';
import { topVia } from './via.ts';

/** Headers of which a message has one at most (RFC 3261 section 7.3.1). */
const SINGLE = ['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Content-Type'];

/** A Via that says at least what it is, and of whom. */
const VIA_OF_SORTS = /^SIP\s*\/\s*\d+\.\d+\s*\/\s*[A-Z]+\s+[^;\s]/i;

/**
 * Judges a message that was taken apart. Requests that are wrong are refused as long as there is a
 * Via to answer along; wrong responses and ACKs are ignored (sections 8.1.3.3, 17).
 */
export function validate(message: SipMessage, found: Fault | undefined): Parsed {
  const fault = found ?? faultOf(message);
  const usable = topVia(message) !== undefined;
  if (fault === undefined && usable) return { outcome: 'message', message };
  const answerable = message.kind === 'request' && message.method !== 'ACK';
  // A Via that cannot be read is echoed as it came, to where the request came from.
  if (!answerable || !VIA_OF_SORTS.test(message.headers.get('Via') ?? '')) {
    return { outcome: 'ignored', why: usable ? (fault?.reason ?? '') : 'no usable Via' };
  }
  return { outcome: 'refused', request: message, ...(fault ?? bad('Malformed Via')) };
}

function bad(reason: string): Fault {
  return { status: 400, reason };
}

function faultOf(message: SipMessage): Fault | undefined {
  for (const name of SINGLE) {
    if (new Set(message.headers.getAll(name)).size > 1) return bad(`Multiple ${name}`);
  }
  for (const name of ['From', 'To']) {
    const value = message.headers.get(name);
    if (value === undefined) return bad(`Missing ${name}`);
    if (parseNameAddr(value) === undefined) return bad(`Malformed ${name}`);
  }
  if (!/^[^\s]+$/.test(message.headers.get('Call-ID') ?? '')) return bad('Missing Call-ID');
  const cseq = cseqOf(message);
  if (cseq === undefined) return bad('Malformed CSeq');
  return message.kind === 'request' ? requestFault(message, cseq.method) : undefined;
}

function requestFault(request: SipRequest, cseqMethod: string): Fault | undefined {
  if (cseqMethod !== request.method) return bad('CSeq Method Mismatch');
  if (!/^(0*\d{1,3})?$/.test(request.headers.get('Max-Forwards') ?? '')) {
    return bad('Malformed Max-Forwards');
  }
  const contacts = request.headers.getAll('Contact');
  if (request.method === 'INVITE' && parseNameAddr(contacts.join(', ')) === undefined) {
    return bad(contacts.length === 0 ? 'Missing Contact' : 'Malformed Contact');
  }
  const values = request.method === 'REGISTER' ? listOf(contacts) : [];
  if (values.some((value) => value !== '*' && parseNameAddr(value) === undefined)) {
    return bad('Malformed Contact');
  }
  return undefined;
}
