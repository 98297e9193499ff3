/** The base values of RFC 3261 section 17.1.1.1 and table 4, in milliseconds. */
export interface SipTimers {
  /** Estimate of the round trip. */
  t1: number;
  /** Longest interval between two retransmissions. */
  t2: number;
  /** Longest life of a message in the network. */
  t4: number;
  /** Longest ringing without an answer before the call is given up (timer C, section 16.6: over 3 minutes). */
  ringing: number;
}

export const RFC_TIMERS: SipTimers = { t1: 500, t2: 4000, t4: 5000, ringing: 185_000 };

/** Timers B, D, F, H, J, L and M: 64 times T1. */
export function lifetime(timers: SipTimers): number {
  return 64 * timers.t1;
}
