import type { Timer } from '../clock.ts';
import { responseTo } from '../message/build.ts';
import type { SipRequest, SipResponse } from '../message/SipMessage.ts';
import type { ServerTransaction, ServerTransactionOptions } from './ServerTransaction.ts';
import { lifetime } from './timers.ts';

type State = 'trying' | 'proceeding' | 'completed' | 'terminated';

/** Every method but INVITE, server side: RFC 3261 section 17.2.2. */
export class NonInviteServerTransaction implements ServerTransaction {
  readonly request: SipRequest;
  readonly #options: ServerTransactionOptions;
  #state: State = 'trying';
  #last: SipResponse | undefined;
  #end: Timer;

  constructor(options: ServerTransactionOptions) {
    this.#options = options;
    this.request = options.request;
    // By then the client has given up (its timer F): whatever its user forgot to answer ends here.
    this.#end = options.clock.after(lifetime(options.timers), () => this.#forgotten());
  }

  get state(): State {
    return this.#state;
  }

  get finalSent(): boolean {
    return this.#state === 'completed' || this.#state === 'terminated';
  }

  retransmitted(): void {
    if (this.#last !== undefined && this.#state !== 'terminated') this.#options.send(this.#last);
  }

  respond(response: SipResponse): boolean {
    if (this.finalSent) return false;
    this.#last = response;
    this.#state = response.status >= 200 ? 'completed' : 'proceeding';
    this.#options.send(response);
    if (this.#state === 'completed') this.#linger();
    return true;
  }

  terminate(): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    this.#end.cancel();
    this.#options.onTerminated();
  }

  #forgotten(): void {
    if (!this.finalSent) this.#options.send(responseTo(this.request, 500));
    this.terminate();
  }

  /** Timer J: answer retransmissions; over TCP there are none. */
  #linger(): void {
    this.#end.cancel();
    if (this.#options.reliable) {
      this.terminate();
      return;
    }
    this.#end = this.#options.clock.after(lifetime(this.#options.timers), () => this.terminate());
  }
}
