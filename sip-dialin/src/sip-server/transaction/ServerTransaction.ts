import type { Clock } from '../clock.ts';
import type { SipRequest, SipResponse } from '../message/SipMessage.ts';
import type { SipTimers } from './timers.ts';

export interface ServerTransactionOptions {
  request: SipRequest;
  /** True over TCP: nothing is retransmitted, nothing lingers. */
  reliable: boolean;
  clock: Clock;
  timers: SipTimers;
  send: (response: SipResponse) => void;
  onTerminated: () => void;
}

/** What both server state machines offer to the layer above. */
export interface ServerTransaction {
  readonly request: SipRequest;
  /** True as soon as a final answer was given. */
  readonly finalSent: boolean;
  /** The request came again. */
  retransmitted(): void;
  /** Sends an answer; false when a final one was sent before. */
  respond(response: SipResponse): boolean;
  /** Ends at once and quietly. */
  terminate(): void;
}
