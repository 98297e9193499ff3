import { parseParams } from './lists.ts';
import type { Params } from './SipMessage.ts';

/** A `sip:` or `sips:` URI (RFC 3261 section 19.1). */
export interface SipUri {
  scheme: 'sip' | 'sips';
  user: string | undefined;
  /** Host name or address, IPv6 without its brackets. */
  host: string;
  port: number | undefined;
  params: Params;
  /** Whether there are headers behind a `?`. */
  hasHeaders: boolean;
}

const HOST_PORT = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/;

/** Undefined for other schemes and for what is malformed. */
export function parseSipUri(text: string): SipUri | undefined {
  const match = /^(sips?):([^\s<>"]+)$/i.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  // The user part may hold ';' and '?', so the host begins after the last '@' (section 25.1).
  const rest = match[2];
  const at = rest.lastIndexOf('@');
  const user = at < 0 ? undefined : rest.slice(0, at);
  if (user === '') return undefined;
  const hostAndMore = rest.slice(at + 1);
  const end = hostAndMore.search(/[;?]/);
  const hostPort = HOST_PORT.exec(end < 0 ? hostAndMore : hostAndMore.slice(0, end));
  if (hostPort?.[1] === undefined) return undefined;
  const question = hostAndMore.indexOf('?');
  const tail = end < 0 ? '' : hostAndMore.slice(end, question < 0 ? undefined : question);
  const params = tail === '' ? new Map<string, string>() : parseParams(tail);
  const port = hostPort[2] === undefined ? undefined : Number(hostPort[2]);
  if (params === undefined || (port !== undefined && (port < 1 || port > 65535))) return undefined;
  return {
    scheme: match[1].toLowerCase() === 'sips' ? 'sips' : 'sip',
    user,
    host: hostPort[1].replace(/^\[|\]$/g, ''),
    port,
    params,
    hasHeaders: question >= 0,
  };
}

/** `host:port` with brackets around an IPv6 address. */
export function hostPort(host: string, port: number | undefined): string {
  const literal = host.includes(':') ? `[${host}]` : host;
  return port === undefined ? literal : `${literal}:${port}`;
}

/** True for `sips:`: TLS on every hop. */
export function isSecure(uri: string | undefined): boolean {
  return uri !== undefined && /^sips:/i.test(uri);
}
