import { tokensOf } from '../message/lists.ts';
import type { SipRequest } from '../message/SipMessage.ts';
import { parseSipUri } from '../message/uri.ts';
import { refuseSession } from './sessionOffer.ts';

/** The methods the server passes on. */
const METHODS = new Set([
  'INVITE',
  'ACK',
  'BYE',
  'CANCEL',
  'OPTIONS',
  'INFO',
  'UPDATE',
  'PRACK',
  'REFER',
  'NOTIFY',
  'MESSAGE',
  'SUBSCRIBE',
  'REGISTER',
  'PUBLISH',
]);

/** Extensions a caller may require (RFC 3261 section 8.2.2.3). */
const EXTENSIONS: ReadonlySet<string> = new Set(['timer', '100rel', 'replaces']);

export interface Refusal {
  status: number;
  reason?: string;
  headers?: Record<string, string>;
}

/** What speaks against a request whatever it wants (RFC 3261 section 8.2); undefined when nothing does. */
export function examine(request: SipRequest): Refusal | undefined {
  if (!METHODS.has(request.method)) {
    return { status: 501, headers: { Allow: [...METHODS].join(', ') } };
  }
  const scheme = request.uri.split(':')[0]?.toLowerCase() ?? '';
  if (!['sip', 'sips', 'tel'].includes(scheme)) return { status: 416 };
  // Headers have no place in a Request-URI (RFC 3261 section 19.1.1, table 1).
  if (scheme !== 'tel' && parseSipUri(request.uri)?.hasHeaders !== false) {
    return { status: 400, reason: 'Malformed Request-URI' };
  }
  const wanted = tokensOf(request.headers.getAll('Require'));
  const unsupported = wanted.filter((tag) => !EXTENSIONS.has(tag));
  if (unsupported.length > 0 && request.method !== 'CANCEL') {
    return { status: 420, headers: { Unsupported: unsupported.join(', ') } };
  }
  return refuseSession(request);
}

/** Seconds until a caller may try again when nobody serves calls. */
const RETRY_AFTER = '5';

/** The answer when no application takes a request. */
export function unserved(method: string, connected: boolean, verbs: string[]): Refusal {
  if (!connected || method === 'INVITE' || method === 'OPTIONS') {
    return { status: 503, headers: { 'Retry-After': RETRY_AFTER } };
  }
  return { status: 405, headers: { Allow: [...verbs, 'ACK', 'BYE', 'CANCEL'].join(', ') } };
}
