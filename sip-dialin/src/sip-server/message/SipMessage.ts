import type { TcpConnection } from '../transport/TcpConnection.ts';
import type { Headers } from './Headers.ts';

/** The `CSeq` header, taken apart. */
export interface CSeq {
  seq: number;
  method: string;
}

export interface SipRequest {
  readonly kind: 'request';
  method: string;
  uri: string;
  headers: Headers;
  body: Buffer;
}

export interface SipResponse {
  readonly kind: 'response';
  status: number;
  reason: string;
  headers: Headers;
  body: Buffer;
  /** Who sent it; undefined for one that was made here. */
  source?: { host: string; port: number; connection?: TcpConnection | undefined };
}

export type SipMessage = SipRequest | SipResponse;

/** `CSeq` of a message; undefined when missing or malformed (RFC 3261 section 8.1.1.5: below 2^31). */
export function cseqOf(message: SipMessage): CSeq | undefined {
  const match = /^(\d{1,10})\s+([^\s]+)$/.exec(message.headers.get('CSeq') ?? '');
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const seq = Number(match[1]);
  return seq < 2 ** 31 ? { seq, method: match[2] } : undefined;
}

/** Parameters such as `;tag=a;lr`, by lower-case name. A parameter without a value is ''. */
export type Params = Map<string, string>;
