import type { CallFailure } from '@switchroom/protocol';
import type { SipAnswer } from './SipClient.ts';

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

/** What the telephone network says of them, by its cause (ITU-T Q.850), where the gateway's status says less. */
const CAUSES: ReadonlyMap<number, CallFailure> = new Map([
  [1, 'invalid-number'],
  [17, 'busy'],
  [18, 'no-answer'],
  [19, 'no-answer'],
  [20, 'no-answer'],
  [22, 'invalid-number'],
  [28, 'invalid-number'],
]);

/**
 * What a final answer other than 2xx means: `next`, another trunk may do better; or the last word on this call.
 * `rang`: whether it was ringing.
 */
export function verdictOf(
  answer: Pick<SipAnswer, 'status' | 'get'>,
  rang: boolean,
): 'next' | CallFailure {
  const { status } = answer;
  if (status === 408) return rang ? 'no-answer' : 'next';
  // A redirection is not followed: whoever answers so could have us call any number there is. What our
  // password does not open is that trunk's fault.
  if (status < 400 || status === 401 || status === 407) return 'next';
  const cause = CAUSES.get(causeIn(answer.get('Reason') ?? ''));
  if (status >= 500 && status < 600) return cause ?? 'next';
  // 480 is what many gateways make of all that they have no word for.
  return (status === 480 ? cause : undefined) ?? WORDS.get(status) ?? cause ?? 'unreachable';
}

/** Of `Reason: Q.850;cause=17;text="User busy"` (RFC 3326) the 17; NaN where there is none. */
function causeIn(reason: string): number {
  return Number(/(?:^|,)\s*Q\.850\s*(?:;[^,]*)?;\s*cause\s*=\s*(\d{1,3})/i.exec(reason)?.[1]);
}
