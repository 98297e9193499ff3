import type { Call } from './Call.ts';
import type { Caller } from './caller.ts';
import type { Replaces } from './replaces.ts';

/** A call that comes in, in our words: what a PhoneLeg needs of SIP. `SrfCall` is the real one. */
export interface InboundCall extends Call {
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

  /** Whether it came over TLS by somebody with a certificate that we trust. */
  readonly certified: boolean;
  /** The call whose place it wants to take (RFC 3891); `malformed` for a header that cannot be read. */
  readonly replaces: Replaces | 'malformed' | undefined;

  /** 180. */
  ring(): void;

  /** A final answer other than 200. Silent when there was one already. */
  refuse(status: number, headers?: Record<string, string>): void;

  /** 200 with our SDP. Rejects when the call is gone by then. */
  answer(sdp: string): Promise<void>;
}
