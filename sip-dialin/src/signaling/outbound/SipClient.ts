import type { Call } from '../Call.ts';

/** A request outside of any call, or an INVITE, as we want it sent. */
export interface OutgoingRequest {
  method: string;
  /** Request-URI. */
  uri: string;
  /** Where to send it instead of there; see `Locator`. */
  hop?: string | undefined;
  headers: Record<string, string>;
}

export interface OutgoingInvite extends Omit<OutgoingRequest, 'method'> {
  /** SDP. */
  offer: string;
  /** For challenges within the call. */
  credentials?: Credentials | undefined;
}

export interface Credentials {
  username: string;
  password: string;
}

/** A final answer. Without one it is 408, and 503 where nobody could be reached. */
export interface SipAnswer {
  status: number;
  reason: string;
  /** Several headers of one name come joined by commas. */
  get(name: string): string | undefined;
}

/** What we need of SIP to be the one who calls. `SrfClient` is the real one. */
export interface SipClient {
  /** Resolves with the final answer. Errors: `unavailable` when it could not be sent at all. */
  request(request: OutgoingRequest): Promise<SipAnswer>;

  /**
   * Calls. Resolves with the call that was answered, ACK sent, or with the answer that says no. When `signal` is
   * aborted it is cancelled (RFC 3261 section 9.1), and a 200 that comes all the same is acknowledged and
   * hung up. Errors: `unavailable`, as above.
   */
  invite(invite: OutgoingInvite, watch: InviteWatch): Promise<AnsweredInvite | SipAnswer>;

  /** Name and value of the header that answers it; undefined when it is about no call of ours with credentials. */
  authorize(challenged: Challenged): readonly [string, string] | undefined;
}

/** A 401 or 407 to what the SIP server has sent by itself within a call: a session refresh. */
export interface Challenged extends Omit<SipAnswer, 'reason'> {
  callId: string;
  method: string;
  /** Request-URI. */
  uri: string;
}

export interface InviteWatch {
  /** Told of every provisional answer, 100 included. */
  onProvisional(status: number): void;
  signal: AbortSignal;
}

export interface AnsweredInvite {
  call: Call;
  /** SDP. */
  answer: string;
}
