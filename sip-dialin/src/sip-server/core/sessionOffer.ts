import { minSessionOf, sessionExpiresOf, supports } from '../message/sessionExpires.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/SipMessage.ts';
import type { Refusal } from './admission.ts';

/** The shortest session that anybody may ask for, in seconds (RFC 4028 section 5). */
export const MIN_SESSION_SECONDS = 90;

/** Why a session refresh request cannot be taken (RFC 4028 section 9). */
export function refuseSession(request: SipRequest): Refusal | undefined {
  if (request.method !== 'INVITE' && request.method !== 'UPDATE') return undefined;
  const asked = sessionExpiresOf(request);
  if (asked === 'malformed') return { status: 400, reason: 'Malformed Session-Expires' };
  // Who does not know the extension cannot make sense of 422: its value is passed over instead.
  if (asked === undefined || asked.seconds >= MIN_SESSION_SECONDS) return undefined;
  if (!supports(request, 'timer')) return undefined;
  return { status: 422, headers: { 'Min-SE': String(MIN_SESSION_SECONDS) } };
}

/**
 * Puts into our 2xx what becomes of the session: the application's own `Session-Expires`, else what
 * the request asks for, else `running` seconds that we go on refreshing (RFC 4028 table 2).
 */
export function answerSession(
  request: SipRequest,
  response: SipResponse,
  running: number | undefined,
): void {
  const knows = supports(request, 'timer');
  const wanted = usable(response) ?? usable(request);
  response.headers.remove('Session-Expires');
  if (wanted === undefined && running === undefined) return;
  const least = Math.max(MIN_SESSION_SECONDS, minSessionOf(request));
  const seconds = Math.max(wanted?.seconds ?? running ?? 0, least);
  // drachtio-server's choice where the caller leaves it to us: the caller refreshes.
  const byDefault = wanted === undefined ? 'uas' : 'uac';
  const refresher = knows ? (wanted?.refresher ?? byDefault) : 'uas';
  response.headers.append('Session-Expires', `${seconds};refresher=${refresher}`);
  if (refresher === 'uac' && !supportsByRequire(response)) {
    response.headers.append('Require', 'timer');
  }
}

function usable(message: SipMessage): Exclude<ReturnType<typeof sessionExpiresOf>, 'malformed'> {
  const given = sessionExpiresOf(message);
  if (given === undefined || given === 'malformed') return undefined;
  return given.seconds >= MIN_SESSION_SECONDS ? given : undefined;
}

function supportsByRequire({ headers }: SipMessage): boolean {
  return headers.getAll('Require').some((value) => /\btimer\b/i.test(value));
}
