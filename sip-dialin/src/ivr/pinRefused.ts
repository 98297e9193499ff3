import { AppError } from '@switchroom/protocol';
import type { DialInEvent } from './conversation.ts';

type Refused = Extract<
  DialInEvent,
  { type: 'pinRejected' | 'pinLater' | 'rateLimited' | 'meetingEnded' | 'unreachable' }
>;

/** When to ask again if the server does not say. */
const LATER_MS = 20_000;

/** What the server's refusal of a PIN means for the conversation. */
const ANSWERS = new Map<string, Exclude<Refused['type'], 'pinLater'>>([
  ['pin-wrong', 'pinRejected'],
  ['bad-request', 'pinRejected'],
  ['rate-limited', 'rateLimited'],
  ['meeting-ended', 'meetingEnded'],
]);

/** The event after a refused PIN; what has nothing to do with the PIN is `unreachable`. */
export function pinRefused(error: unknown): Refused {
  if (!(error instanceof AppError)) return { type: 'unreachable' };
  const { code, retryAfterMs = LATER_MS } = error;
  if (code === 'pin-later') return { type: 'pinLater', ms: retryAfterMs };
  return { type: ANSWERS.get(code) ?? 'unreachable' };
}
