import { parseParams, tokensOf } from './lists.ts';
import type { SipMessage } from './SipMessage.ts';

/** `Session-Expires` (RFC 4028 section 4). */
export interface SessionExpires {
  seconds: number;
  /** Whose turn it is to refresh, as seen from the transaction that the header is in. */
  refresher: 'uac' | 'uas' | undefined;
}

/** Undefined when there is no such header, 'malformed' when it makes no sense. */
export function sessionExpiresOf(message: SipMessage): SessionExpires | 'malformed' | undefined {
  const value = message.headers.get('Session-Expires');
  if (value === undefined) return undefined;
  const [, digits, rest = ''] = /^(\d{1,10})\s*(;.*)?$/s.exec(value) ?? [];
  const params = parseParams(rest);
  if (digits === undefined || (rest !== '' && params === undefined)) return 'malformed';
  const refresher = params?.get('refresher')?.toLowerCase();
  if (refresher !== undefined && refresher !== 'uac' && refresher !== 'uas') return 'malformed';
  return { seconds: Number(digits), refresher };
}

/** `Min-SE` in seconds; 0 when there is none. */
export function minSessionOf(message: SipMessage): number {
  const seconds = /^\d{1,10}/.exec(message.headers.get('Min-SE') ?? '')?.[0];
  return Number(seconds ?? 0);
}

/** True when the sender says that it knows an extension: `timer`, `100rel`. */
export function supports(message: SipMessage, option: string): boolean {
  const { headers } = message;
  return tokensOf([...headers.getAll('Supported'), ...headers.getAll('Require')]).includes(option);
}
