import type { Timer } from '../clock.ts';
import { hopByHop } from '../message/build.ts';
import type { SipRequest, SipResponse } from '../message/SipMessage.ts';
import type { ClientTransaction, ClientTransactionOptions } from './ClientTransaction.ts';
import { Repeater } from './Repeater.ts';
import { lifetime } from './timers.ts';

type State = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated';

/**
 * INVITE, client side: RFC 3261 section 17.1.1 with "accepted" of RFC 6026 section 7.2. It sends
 * the ACK of answers that are not 2xx; that of a 2xx is its user's.
 */
export class InviteClientTransaction implements ClientTransaction {
  readonly request: SipRequest;
  readonly #options: ClientTransactionOptions;
  #state: State = 'calling';
  #repeater: Repeater | undefined;
  #end: Timer;
  #ack: SipRequest | undefined;

  constructor(options: ClientTransactionOptions) {
    this.#options = options;
    this.request = options.request;
    const { clock, timers, reliable, send } = options;
    // Timer A, for UDP only, without a cap; and timer B.
    if (!reliable) {
      const again = (): void => send(this.request);
      this.#repeater = new Repeater({ clock, first: timers.t1, cap: Infinity, send: again });
    }
    this.#end = clock.after(lifetime(timers), () => this.#fail('timeout'));
    send(options.request);
  }

  get state(): State {
    return this.#state;
  }

  received(response: SipResponse): void {
    const waiting = this.#state === 'calling' || this.#state === 'proceeding';
    if (response.status < 200) {
      if (waiting) this.#proceed(response);
    } else if (response.status < 300) {
      if (waiting) this.#accept();
      if (this.#state === 'accepted') this.#options.onResponse(response);
    } else if (waiting) this.#complete(response);
    else if (this.#state === 'completed' && this.#ack !== undefined) this.#options.send(this.#ack);
  }

  transportFailed(): void {
    if (this.#state === 'calling') this.#fail('transport');
  }

  terminate(): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    this.#repeater?.stop();
    this.#end.cancel();
    this.#options.onTerminated();
  }

  #proceed(response: SipResponse): void {
    this.#state = 'proceeding';
    this.#repeater?.stop();
    // No timer of the RFC ends this state on the user's side; this one is that of proxies (timer C).
    this.#restart(this.#options.timers.ringing, () => this.#fail('timeout'));
    this.#options.onResponse(response);
  }

  #accept(): void {
    this.#state = 'accepted';
    this.#repeater?.stop();
    // Timer M of RFC 6026.
    this.#restart(lifetime(this.#options.timers), () => this.terminate());
  }

  #complete(response: SipResponse): void {
    this.#state = 'completed';
    this.#repeater?.stop();
    this.#ack = hopByHop('ACK', this.request, response.headers.get('To') ?? '');
    this.#options.send(this.#ack);
    // Timer D: 32 s at least, whatever T1 is; nothing over TCP.
    const lingerMs = Math.max(32_000, lifetime(this.#options.timers));
    this.#restart(this.#options.reliable ? 0 : lingerMs, () => this.terminate());
    this.#options.onResponse(response);
  }

  #restart(ms: number, run: () => void): void {
    this.#end.cancel();
    this.#end = this.#options.clock.after(ms, run);
  }

  #fail(failure: 'timeout' | 'transport'): void {
    if (this.#state === 'terminated') return;
    this.terminate();
    this.#options.onFailure(failure);
  }
}
