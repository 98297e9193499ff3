import type { HandOn } from './HandOn.ts';

/**
 * A call, whoever made it: what it can do once it is up. `InboundCall` adds what comes before its answer;
 * a call of ours (`outbound/`) is handed over when the far end has answered. So whatever drives a phone
 * after the answer (PhoneLeg) is the same for both.
 */
export interface Call {
  /** Undefined until it is answered. */
  readonly ids: DialogIds | undefined;

  /** One handler a call, which takes the place of the one before; set it before anything else is called. */
  onEvent(handler: (event: CallEvent) => void): void;

  /** BYE; resolves when it was answered or given up. Silent when the call is over. */
  bye(): Promise<void>;

  /** One handler a call; without it every REFER is declined. */
  onHandOn(handler: (request: HandOn) => void): void;
}

/** What tells a dialog from all others (RFC 3261 section 12). */
export interface DialogIds {
  callId: string;
  localTag: string;
  remoteTag: string;
}

export type CallEvent =
  /** CANCEL before our answer. Of a call that came in only. */
  | { type: 'cancelled' }
  /** SDP in an ACK: the answer to our offer. */
  | { type: 'sdpAnswer'; sdp: string }
  /** A key sent by SIP INFO. */
  | { type: 'key'; key: string }
  /** re-INVITE, or UPDATE with SDP. `offer` is empty when the caller wants ours. */
  | { type: 'reoffer'; offer: string; accept(sdp: string): void; refuse(status: number): void }
  /** BYE of the far end, or `lost`: the SIP server ended the call by itself. */
  | { type: 'ended'; lost: boolean };
