import type { Timer } from '../clock.ts';
import type { SipRequest, SipResponse } from '../message/SipMessage.ts';
import type {
  ClientFailure,
  ClientTransaction,
  ClientTransactionOptions,
} from './ClientTransaction.ts';
import { Repeater } from './Repeater.ts';
import { lifetime } from './timers.ts';

type State = 'trying' | 'proceeding' | 'completed' | 'terminated';

/** Every method but INVITE, client side: RFC 3261 section 17.1.2. */
export class NonInviteClientTransaction implements ClientTransaction {
  readonly request: SipRequest;
  readonly #options: ClientTransactionOptions;
  #state: State = 'trying';
  #repeater: Repeater | undefined;
  #end: Timer;

  constructor(options: ClientTransactionOptions) {
    this.#options = options;
    this.request = options.request;
    const { clock, timers, reliable, send } = options;
    // Timer E, for UDP only, and timer F.
    if (!reliable) {
      const again = (): void => send(this.request);
      this.#repeater = new Repeater({ clock, first: timers.t1, cap: timers.t2, send: again });
    }
    this.#end = clock.after(lifetime(timers), () => this.#fail('timeout'));
    send(options.request);
  }

  get state(): State {
    return this.#state;
  }

  received(response: SipResponse): void {
    if (this.#state === 'completed' || this.#state === 'terminated') return;
    if (response.status < 200) {
      this.#state = 'proceeding';
      this.#repeater?.slowDown();
    } else this.#complete();
    this.#options.onResponse(response);
  }

  transportFailed(): void {
    if (this.#state === 'trying') this.#fail('transport');
  }

  terminate(): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    this.#repeater?.stop();
    this.#end.cancel();
    this.#options.onTerminated();
  }

  /** Timer K: swallow answers that come again; over TCP there are none. */
  #complete(): void {
    this.#state = 'completed';
    this.#repeater?.stop();
    this.#end.cancel();
    const { clock, timers, reliable } = this.#options;
    this.#end = clock.after(reliable ? 0 : timers.t4, () => this.terminate());
  }

  #fail(failure: ClientFailure): void {
    this.terminate();
    this.#options.onFailure(failure);
  }
}
