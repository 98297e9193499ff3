import { randomUUID } from 'node:crypto';
import type { Timer } from '../clock.ts';
import type { ControlClient } from '../control/ControlClient.ts';
import { hopByHop, responseTo } from '../message/build.ts';
import { cseqOf, type SipRequest, type SipResponse } from '../message/SipMessage.ts';
import type { ClientTransaction } from '../transaction/ClientTransaction.ts';
import { lifetime } from '../transaction/timers.ts';
import type { Target } from '../transport/peer.ts';
import type { Context } from './Context.ts';

/** An INVITE of the application on its way: what CANCEL needs to know (RFC 3261 section 9.1). */
export class SentInvite {
  readonly id = randomUUID();
  readonly request: SipRequest;
  readonly target: Target;
  readonly owner: ControlClient;
  readonly dialogId: string;
  transaction: ClientTransaction | undefined;
  readonly #context: Context;
  #provisional = false;
  #final = false;
  #cancel: SipRequest | undefined;
  #cancelSent = false;
  #giveUp: Timer | undefined;

  constructor(
    context: Context,
    options: { request: SipRequest; target: Target; owner: ControlClient; dialogId: string },
  ) {
    this.#context = context;
    this.request = options.request;
    this.target = options.target;
    this.owner = options.owner;
    this.dialogId = options.dialogId;
  }

  get seq(): number {
    return cseqOf(this.request)?.seq ?? 0;
  }

  get canceled(): boolean {
    return this.#cancel !== undefined;
  }

  /** Notes an answer; a CANCEL that waited for the first one goes out now. */
  answered(status: number): void {
    if (status >= 200) {
      this.#final = true;
      this.#giveUp?.cancel();
    } else {
      this.#provisional = true;
      this.#sendCancel();
    }
  }

  /**
   * Cancels. Gives the CANCEL, which waits for a first provisional answer; undefined when the INVITE
   * has its final answer already or was cancelled before.
   */
  cancel(extra: Iterable<readonly [string, string]> = []): SipRequest | undefined {
    if (this.#final || this.#cancel !== undefined) return undefined;
    const cancel = hopByHop('CANCEL', this.request, this.request.headers.get('To') ?? '');
    for (const [name, value] of extra) {
      if (name === 'Reason') cancel.headers.append(name, value);
    }
    this.#cancel = cancel;
    this.#sendCancel();
    return cancel;
  }

  /** The transaction is over. */
  close(): void {
    this.#giveUp?.cancel();
  }

  #sendCancel(): void {
    if (this.#cancel === undefined || this.#cancelSent || !this.#provisional) return;
    this.#cancelSent = true;
    const nothing = (): void => undefined;
    this.#context.transactions.request(this.#cancel, this.target, {
      onResponse: nothing,
      onFailure: nothing,
      onTerminated: nothing,
    });
    // A server that never answers the INVITE with 487 must not hold it for ever (section 9.1).
    const { clock, timers } = this.#context;
    this.#giveUp = clock.after(lifetime(timers), () => {
      this.transaction?.received(this.#terminated());
    });
  }

  #terminated(): SipResponse {
    return responseTo(this.request, 487);
  }
}
