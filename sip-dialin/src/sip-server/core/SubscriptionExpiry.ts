import type { Timer } from '../clock.ts';
import type { SipMessage } from '../message/SipMessage.ts';
import { lifetime } from '../transaction/timers.ts';
import type { Context, SipDialog } from './Context.ts';

/** Seconds that a subscription lasts when nobody says (RFC 6665 leaves it to the event package). */
const DEFAULT_SECONDS = 3600;
const LONGEST_SECONDS = 86_400;

/** Forgets subscriptions that nobody renews or ends (RFC 6665 section 4.1.2.2). */
export class SubscriptionExpiry {
  readonly #context: Context;
  readonly #timers = new Map<SipDialog, Timer>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** The answer's `Expires` counts, else the request's. */
  renew(dialog: SipDialog, request: SipMessage, answer: SipMessage): void {
    this.#timers.get(dialog)?.cancel();
    const given = Number(answer.headers.get('Expires') ?? request.headers.get('Expires') ?? NaN);
    const seconds = Number.isNaN(given) ? DEFAULT_SECONDS : Math.min(given, LONGEST_SECONDS);
    const ms = seconds * 1000 + lifetime(this.#context.timers);
    const end = (): void => {
      this.#timers.delete(dialog);
      this.#context.dialogs.remove(dialog);
    };
    this.#timers.set(dialog, this.#context.clock.after(ms, end));
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}
