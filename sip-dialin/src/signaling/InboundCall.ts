import type { Caller } from './caller.ts';

/** A call that comes in, in our words: what a PhoneLeg needs of SIP. `SrfCall` is the real one. */
export interface InboundCall {
  /** The number that was dialled, in E.164; undefined when it was none. */
  readonly dialled: string | undefined;
  readonly caller: Caller;
  /** IP address that the INVITE came from. */
  readonly source: string;
  /** Request-URI, as it came. */
  readonly uri: string;
  /** Of all Authorization headers, or empty. Not for logs. */
  readonly authorization: string;
  /** The SDP offer; empty when the caller wants ours (late offer). */
  readonly offer: string;

  /** One handler a call; set before anything else is called. */
  onEvent(handler: (event: CallEvent) => void): void;

  /** 180. */
  ring(): void;

  /** A final answer other than 200. Silent when there was one already. */
  refuse(status: number, headers?: Record<string, string>): void;

  /** 200 with our SDP. Rejects when the call is gone by then. */
  answer(sdp: string): Promise<void>;

  /** BYE; resolves when it was answered or given up. Silent when the call is over. */
  bye(): Promise<void>;
}

export type CallEvent =
  /** CANCEL before our answer. */
  | { type: 'cancelled' }
  /** SDP in an ACK: the answer to our offer. */
  | { type: 'sdpAnswer'; sdp: string }
  /** A key sent by SIP INFO. */
  | { type: 'key'; key: string }
  /** re-INVITE, or UPDATE with SDP. `offer` is empty when the caller wants ours. */
  | { type: 'reoffer'; offer: string; accept(sdp: string): void; refuse(status: number): void }
  /** BYE of the caller, or `lost`: the SIP server ended the call by itself. */
  | { type: 'ended'; lost: boolean };
