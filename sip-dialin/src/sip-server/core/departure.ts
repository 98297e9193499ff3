import type { ControlClient } from '../control/ControlClient.ts';
import { responseTo } from '../message/build.ts';
import type { SipRequest, SipResponse } from '../message/SipMessage.ts';
import type { ClientFailure } from '../transaction/ClientTransaction.ts';
import type { Target } from '../transport/peer.ts';
import type { SipDialog } from './Context.ts';

/** A request that is about to leave. */
export interface Departure {
  request: SipRequest;
  target: Target;
  owner: ControlClient;
  dialogId: string;
  dialog: SipDialog | undefined;
}

/** How a request without an answer looks to the application (RFC 3261 section 8.1.3.1). */
export function failureResponse(request: SipRequest, failure: ClientFailure): SipResponse {
  return responseTo(request, failure === 'timeout' ? 408 : 503);
}
