import type { Farewell } from '../ivr/farewell.ts';

/** How a call ended. Made where it is known, and not changed after. */
export interface CallEnd {
  by: 'caller' | 'us' | 'network';
  /** The SIP status it was refused with, or 200 when it had been answered. */
  code: number;
  /** For logs and counters: stable, without anything of the caller's. */
  reason: string;
}

export const callEnd = {
  /** The caller gave up before the answer (RFC 3261 section 9.2). */
  cancelled: (): CallEnd => ({ by: 'caller', code: 487, reason: 'cancelled' }),
  /** BYE from the caller. */
  hungUp: (): CallEnd => ({ by: 'caller', code: 200, reason: 'hung-up' }),
  /** The SIP server gave the call up: no ACK came, or it lost its connection to us. */
  signalingLost: (): CallEnd => ({ by: 'network', code: 200, reason: 'signaling-lost' }),
  /** We refused it with a SIP status. */
  refused: (code: number, reason: string): CallEnd => ({ by: 'us', code, reason }),
  /** We said goodbye and sent BYE. */
  farewell: (farewell: Farewell): CallEnd => ({ by: 'us', code: 200, reason: farewell }),
  /** Nothing was heard of the caller's media for too long. */
  mediaLost: (): CallEnd => ({ by: 'network', code: 200, reason: 'media-lost' }),
  /** The media of the call could not be set up or went wrong. */
  mediaFailed: (): CallEnd => ({ by: 'us', code: 200, reason: 'media-failed' }),
  /** The server wants this call to the outside no more. */
  withdrawn: (): CallEnd => ({ by: 'us', code: 200, reason: 'withdrawn' }),
  /** Its caller has handed it on to somebody else (REFER). */
  handedOn: (): CallEnd => ({ by: 'us', code: 200, reason: 'handed-on' }),
  /** sip-dialin stops. */
  shutdown: (): CallEnd => ({ by: 'us', code: 200, reason: 'shutdown' }),
};
