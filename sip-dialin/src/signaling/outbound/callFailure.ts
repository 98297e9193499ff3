import type { CallFailure } from '@switchroom/protocol';

/** Ends a dial: why the number was not reached. */
export class CallFailed extends Error {
  readonly reason: CallFailure;

  constructor(reason: CallFailure) {
    super(reason);
    this.name = 'CallFailed';
    this.reason = reason;
  }
}

/** What a refusal says of whoever was called, by its status (RFC 3261 section 21). */
const WORDS: ReadonlyMap<number, CallFailure> = new Map([
  [486, 'busy'],
  [600, 'busy'],
  [480, 'no-answer'],
  [487, 'no-answer'],
  [404, 'invalid-number'],
  [410, 'invalid-number'],
  [484, 'invalid-number'],
  [485, 'invalid-number'],
  [604, 'invalid-number'],
  [402, 'refused'],
  [403, 'refused'],
  [433, 'refused'],
  [603, 'refused'],
  [606, 'refused'],
  [607, 'refused'],
  [608, 'refused'],
]);

/**
 * What a final answer other than 2xx means: `next`, another trunk may do better; or the last word on this call.
 * `rang`: whether it was ringing.
 */
export function verdictOf(status: number, rang: boolean): 'next' | CallFailure {
  if (status === 408) return rang ? 'no-answer' : 'next';
  // A redirection is not followed: whoever answers so could have us call any number there is. What our
  // password does not open is that trunk's fault.
  if (status < 400 || status === 401 || status === 407) return 'next';
  if (status >= 500 && status < 600) return 'next';
  return WORDS.get(status) ?? 'unreachable';
}
