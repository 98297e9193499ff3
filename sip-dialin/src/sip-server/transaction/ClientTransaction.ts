import type { Clock } from '../clock.ts';
import type { SipRequest, SipResponse } from '../message/SipMessage.ts';
import type { SipTimers } from './timers.ts';

/** Why a client transaction ended without an answer. */
export type ClientFailure = 'timeout' | 'transport';

export interface ClientTransactionOptions {
  request: SipRequest;
  /** True over TCP: nothing is retransmitted, nothing lingers. */
  reliable: boolean;
  clock: Clock;
  timers: SipTimers;
  send: (request: SipRequest) => void;
  /** Each provisional answer, and the final one once; of an INVITE, every 2xx (RFC 6026 section 7.2). */
  onResponse: (response: SipResponse) => void;
  onFailure: (failure: ClientFailure) => void;
  onTerminated: () => void;
}

/** What both client state machines offer to the layer above. */
export interface ClientTransaction {
  readonly request: SipRequest;
  received(response: SipResponse): void;
  /** The request could not be sent (RFC 3261 section 17.1.4). */
  transportFailed(): void;
  /** Ends at once and quietly. */
  terminate(): void;
}
