import type Srf from 'drachtio-srf';

/** How long a call lives without a sign from the far end, in seconds; refreshed at half of it. */
export const SESSION_SECONDS = 1800;

/**
 * What our 200 says when the caller asks for no session timer: that we keep one and refresh it (RFC
 * 4028 section 9), so that a phone that is gone ends its call even on hold, where no media is missed.
 * What a caller does ask for is the SIP server's to answer.
 */
export function ownSession(req: Pick<Srf.SrfRequest, 'has'>): Record<string, string> {
  const asked = req.has('Session-Expires') || req.has('x');
  return asked ? {} : { 'Session-Expires': `${SESSION_SECONDS};refresher=uas` };
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
