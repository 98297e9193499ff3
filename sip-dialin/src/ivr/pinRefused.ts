import { AppError } from '@switchroom/protocol';

/** What the server's refusal of a PIN means for the conversation. */
const ANSWERS = new Map<string, 'pinRejected' | 'rateLimited' | 'meetingEnded'>([
  ['pin-wrong', 'pinRejected'],
  ['bad-request', 'pinRejected'],
  ['rate-limited', 'rateLimited'],
  ['meeting-ended', 'meetingEnded'],
]);

/** The event after a refused PIN; what has nothing to do with the PIN is `unreachable`. */
export function pinRefused(error: unknown): {
  type: 'pinRejected' | 'rateLimited' | 'meetingEnded' | 'unreachable';
} {
  const type = error instanceof AppError ? ANSWERS.get(error.code) : undefined;
  return { type: type ?? 'unreachable' };
}
