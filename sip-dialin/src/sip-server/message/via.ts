import { formatParams, listOf, parseParams } from './lists.ts';
import type { Params, SipMessage } from './SipMessage.ts';
import { hostPort } from './uri.ts';

/** Branches of RFC 3261 begin with this (section 8.1.1.7). */
export const MAGIC_COOKIE = 'z9hG4bK';

/** One `Via` value (RFC 3261 section 20.42). */
export interface Via {
  /** `UDP`, `TCP`, ... in upper case. */
  transport: string;
  host: string;
  port: number | undefined;
  params: Params;
}

const VIA =
  /^SIP\s*\/\s*2\.0\s*\/\s*([A-Za-z0-9.!%*_+`'~-]+)\s+(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?:\s*:\s*(\d{1,5}))?\s*(;.*)?$/s;

function parseVia(text: string): Via | undefined {
  const match = VIA.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const params = parseParams(match[4] ?? '');
  const port = match[3] === undefined ? undefined : Number(match[3]);
  if (params === undefined || (port !== undefined && (port < 1 || port > 65535))) return undefined;
  return {
    transport: match[1].toUpperCase(),
    host: match[2].replace(/^\[|\]$/g, ''),
    port,
    params,
  };
}

export function formatVia(via: Via): string {
  const sentBy = hostPort(via.host, via.port);
  return `SIP/2.0/${via.transport} ${sentBy}${formatParams(via.params)}`;
}

/** The topmost Via; undefined when missing or malformed. */
export function topVia(message: SipMessage): Via | undefined {
  const first = listOf(message.headers.getAll('Via').slice(0, 1))[0];
  return first === undefined ? undefined : parseVia(first);
}

/** Replaces the topmost Via and leaves those below it, on the same line or not. */
export function setTopVia(message: SipMessage, via: Via): void {
  const below = listOf(message.headers.getAll('Via').slice(0, 1)).slice(1);
  message.headers.replaceFirst('Via', [formatVia(via), ...below].join(', '));
}
