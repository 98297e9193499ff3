import type Srf from 'drachtio-srf';

/** Shorter ones are not granted (RFC 4028 section 5), in seconds. */
const SHORTEST_SECONDS = 90;
/** How long a call lives without a sign from the far end, in seconds; refreshed at half of it. */
export const SESSION_SECONDS = 1800;

/**
 * What our 200 says when the caller asks for no session timer: that we keep one and refresh it (RFC
 * 4028 section 9), so that a phone that is gone ends its call even on hold, where no media is missed.
 * What a caller does ask for is the SIP server's to answer; a time that is too short to grant is as none, from who
 * does not say that it knows the extension and so cannot be told by 422.
 */
export function ownSession(req: Pick<Srf.SrfRequest, 'has' | 'get'>): Record<string, string> {
  const asked = ['Session-Expires', 'x'].find((name) => req.has(name));
  const knows = ['Supported', 'k', 'Require'].some(
    (name) => req.has(name) && /\btimer\b/i.test(req.get(name)),
  );
  const seconds = asked === undefined ? 0 : Number.parseInt(req.get(asked), 10);
  return (asked !== undefined && knows) || seconds >= SHORTEST_SECONDS
    ? {}
    : { 'Session-Expires': `${SESSION_SECONDS};refresher=uas` };
}

/** What an INVITE of ours asks for; `atLeast` is the `Min-SE` of a 422 (section 7.3). */
export function askSession(atLeast = 0): Record<string, string> {
  return {
    Supported: 'timer',
    'Session-Expires': String(Math.max(SESSION_SECONDS, atLeast)),
    ...(atLeast > 0 ? { 'Min-SE': String(atLeast) } : {}),
  };
}

/** The interval that a refusal of our INVITE wants at least, in seconds; undefined when it is about something else. */
export function wantedSession(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('status' in error) || error.status !== 422) return undefined;
  const answer = 'res' in error ? (error.res as Pick<Srf.SrfResponse, 'get'>) : undefined;
  return wantedSeconds({ status: 422, get: (name) => answer?.get(name) });
}

/** The same of the answer itself. */
export function wantedSeconds(answer: {
  status: number;
  get(name: string): string | undefined;
}): number | undefined {
  const seconds = Number(answer.status === 422 ? (answer.get('Min-SE') ?? NaN) : NaN);
  return Number.isInteger(seconds) && seconds > SESSION_SECONDS ? seconds : undefined;
}
