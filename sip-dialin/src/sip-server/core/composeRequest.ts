import { randomUUID } from 'node:crypto';
import { AppError } from '@switchroom/protocol';
import { Headers } from '../message/Headers.ts';
import { formatNameAddr, parseNameAddr } from '../message/nameAddr.ts';
import type { SipRequest } from '../message/SipMessage.ts';
import { isSecure } from '../message/uri.ts';
import type { TransportName } from '../transport/peer.ts';
import { defaultContentType } from './contentType.ts';
import { initialSeq, randomToken } from './ids.ts';
import type { LocalAddress } from './LocalAddress.ts';

/** Methods that tell where we are to be found (RFC 3261 section 12.1.1 and table 2). */
const WITH_CONTACT = new Set(['INVITE', 'SUBSCRIBE', 'UPDATE', 'REFER', 'NOTIFY']);
/** Headers that the server sets by itself in every request. */
const OWN = new Set([
  'Via',
  'Max-Forwards',
  'From',
  'To',
  'Call-ID',
  'CSeq',
  'Route',
  'Content-Length',
]);

/**
 * A request outside of any dialog, from what the application cares to give (RFC 3261 section
 * 8.1.1): the rest is filled in. Call-ID, CSeq and From tag are taken over, as a second try with
 * credentials needs (section 22.2). Via and Contact are added when the transport is known.
 */
export function composeInitial(template: SipRequest, local: LocalAddress): SipRequest {
  const given = template.headers;
  const headers = new Headers();
  for (const route of given.getAll('Route')) headers.append('Route', route);
  headers.append('Max-Forwards', given.get('Max-Forwards') ?? '70');
  const from = party(
    local.replaceLocalhost(given.get('From') ?? `<sip:${local.hostPort}>`),
    'From',
  );
  if (!from.params.has('tag')) from.params.set('tag', randomToken());
  headers.append('From', formatNameAddr(from));
  headers.append('To', formatNameAddr(party(given.get('To') ?? `<${template.uri}>`, 'To')));
  headers.append('Call-ID', given.get('Call-ID') ?? randomUUID());
  const seq = /^\d+/.exec(given.get('CSeq') ?? '')?.[0] ?? String(initialSeq());
  headers.append('CSeq', `${seq} ${template.method}`);
  return {
    kind: 'request',
    method: template.method,
    uri: template.uri,
    headers,
    body: Buffer.alloc(0),
  };
}

/** Adds Via, Contact, and the application's own headers and body. */
export function finish(
  request: SipRequest,
  template: SipRequest,
  local: LocalAddress,
  transport: TransportName,
): SipRequest {
  const { headers } = request;
  headers.prepend('Via', local.via(transport));
  if (WITH_CONTACT.has(request.method) && !template.headers.has('Contact')) {
    headers.append('Contact', local.contact(transport, isSecure(request.uri)));
  }
  for (const [name, value] of template.headers) {
    if (name === 'Contact') headers.append(name, contact(local.replaceLocalhost(value)));
    else if (!OWN.has(name)) headers.append(name, value);
  }
  request.body = template.body;
  defaultContentType(request);
  return request;
}

function party(value: string, name: string): NonNullable<ReturnType<typeof parseNameAddr>> {
  const parsed = parseNameAddr(value);
  if (parsed === undefined) throw new AppError('bad-request', `malformed ${name}`);
  return parsed;
}

/** `sip:a@b` in brackets, so that URI parameters stay with the URI; `*` and lists as they are. */
function contact(value: string): string {
  return /^sips?:[^\s<>,]+$/i.test(value) ? `<${value}>` : value;
}
