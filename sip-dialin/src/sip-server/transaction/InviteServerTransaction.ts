import type { Timer } from '../clock.ts';
import type { SipRequest, SipResponse } from '../message/SipMessage.ts';
import { Repeater } from './Repeater.ts';
import type { ServerTransaction, ServerTransactionOptions } from './ServerTransaction.ts';
import { lifetime } from './timers.ts';

type State = 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';

/**
 * INVITE, server side: RFC 3261 section 17.2.1 with "accepted" of RFC 6026 section 7.1. Its user
 * sends the 100 and retransmits a 2xx; this absorbs the INVITEs that come again meanwhile.
 */
export class InviteServerTransaction implements ServerTransaction {
  readonly request: SipRequest;
  readonly #options: ServerTransactionOptions;
  #state: State = 'proceeding';
  #last: SipResponse | undefined;
  #repeater: Repeater | undefined;
  #end: Timer | undefined;

  constructor(options: ServerTransactionOptions) {
    this.#options = options;
    this.request = options.request;
  }

  get state(): State {
    return this.#state;
  }

  get finalSent(): boolean {
    return this.#state !== 'proceeding';
  }

  /** An INVITE of the same transaction that came again. */
  retransmitted(): void {
    const answers = this.#state === 'proceeding' || this.#state === 'completed';
    if (answers && this.#last !== undefined) this.#options.send(this.#last);
  }

  /** Sends an answer of the user; false when a final one was sent before. */
  respond(response: SipResponse): boolean {
    if (this.#state !== 'proceeding') return false;
    this.#last = response;
    if (response.status >= 300) this.#complete();
    else if (response.status >= 200) this.#accept();
    this.#options.send(response);
    return true;
  }

  /** The ACK of an answer that was not 2xx (section 17.2.1). */
  acknowledged(): void {
    if (this.#state !== 'completed') return;
    this.#state = 'confirmed';
    this.#repeater?.stop();
    this.#end?.cancel();
    // Timer I: swallow further ACKs; over TCP there are none.
    if (this.#options.reliable) this.terminate();
    else this.#end = this.#options.clock.after(this.#options.timers.t4, () => this.terminate());
  }

  terminate(): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    this.#repeater?.stop();
    this.#end?.cancel();
    this.#options.onTerminated();
  }

  #complete(): void {
    this.#state = 'completed';
    const { clock, timers, reliable, send } = this.#options;
    const resend = (): void => {
      if (this.#last !== undefined) send(this.#last);
    };
    // Timer G, for UDP only, and timer H: no ACK came.
    if (!reliable) {
      this.#repeater = new Repeater({ clock, first: timers.t1, cap: timers.t2, send: resend });
    }
    this.#end = clock.after(lifetime(timers), () => this.terminate());
  }

  #accept(): void {
    this.#state = 'accepted';
    // Timer L of RFC 6026.
    const { clock, timers } = this.#options;
    this.#end = clock.after(lifetime(timers), () => this.terminate());
  }
}
