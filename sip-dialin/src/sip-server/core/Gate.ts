import { responseTo } from '../message/build.ts';
import { tagOf } from '../message/nameAddr.ts';
import type { SipRequest, SipResponse } from '../message/SipMessage.ts';
import type { Peer } from '../transport/peer.ts';
import type { Context } from './Context.ts';
import { randomToken } from './ids.ts';

/**
 * Whether requests from this IP address are served at all. `isCall` is true for a new INVITE, which is the
 * only one that counts as an attempted call.
 */
export type Serves = (host: string, isCall: boolean) => boolean;

/**
 * Who comes in. What a stranger sends is answered without a transaction (RFC 3261 section 8.2.7), once and
 * never again by itself: kept for 32 s each, a few hundred packets a second would take the room of everybody
 * else, and an answer that repeats itself until its ACK would hit whoever the stranger pretends to be.
 */
export class Gate {
  readonly #context: Context;
  readonly #serves: Serves;
  /** The same each time, as section 8.2.7 wants it of answers without a transaction. */
  readonly #tag = randomToken();

  constructor(context: Context, serves: Serves) {
    this.#context = context;
    this.#serves = serves;
  }

  /**
   * Whether a request is to be looked at. What belongs to a transaction or a dialog of ours is, wherever it
   * comes from: a carrier may signal within a call from addresses that its trunk does not name.
   */
  admits(request: SipRequest, peer: Peer): boolean {
    const { transactions } = this.#context;
    if (transactions.knows(request) || this.isWithinDialog(request)) return true;
    const isNew = tagOf(request.headers.get('To')) === undefined;
    return this.#serves(peer.host, request.method === 'INVITE' && isNew);
  }

  /** The same for who has sent nothing yet. */
  expects(host: string): boolean {
    return this.#serves(host, false);
  }

  isWithinDialog({ headers }: SipRequest): boolean {
    const tags = [tagOf(headers.get('To')) ?? '', tagOf(headers.get('From')) ?? ''] as const;
    return this.#context.dialogs.byTags(headers.get('Call-ID') ?? '', ...tags) !== undefined;
  }

  /**
   * What a stranger hears: 403 whatever it asks for. Where it means a dialog or an INVITE, 481 tells a carrier
   * that has outlived our restart to let the call go (section 12.2.1.2). An ACK is never answered.
   */
  refusal(request: SipRequest): SipResponse | undefined {
    if (request.method === 'ACK') return undefined;
    const to = request.headers.get('To') ?? '';
    const isTagged = tagOf(to) !== undefined;
    const response = responseTo(request, isTagged || request.method === 'CANCEL' ? 481 : 403);
    if (!isTagged) response.headers.set('To', `${to};tag=${this.#tag}`);
    return response;
  }
}
