import type { Timer } from '../clock.ts';
import { Repeater } from '../transaction/Repeater.ts';
import { lifetime } from '../transaction/timers.ts';
import type { Context, SipDialog } from './Context.ts';

interface Unacked {
  seq: number;
  transactionId: string;
  repeater: Repeater;
  end: Timer;
}

/** 2xx answers to INVITE that wait for their ACK: sent again until it comes (RFC 3261 section 13.3.1.4). */
export class UnackedAnswers {
  readonly #context: Context;
  readonly #waiting = new Map<SipDialog, Unacked>();

  constructor(context: Context) {
    this.#context = context;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Sends again over every transport, since a proxy behind may use UDP. */
  add(
    dialog: SipDialog,
    answer: { seq: number; transactionId: string; send: () => void; onGivenUp: () => void },
  ): void {
    this.drop(dialog);
    const { clock, timers } = this.#context;
    const { seq, transactionId, send, onGivenUp } = answer;
    const repeater = new Repeater({ clock, first: timers.t1, cap: timers.t2, send });
    const end = clock.after(lifetime(timers), () => {
      this.drop(dialog);
      onGivenUp();
    });
    this.#waiting.set(dialog, { seq, transactionId, repeater, end });
  }

  /** The ACK came: gives the transaction it belongs to, or undefined for one that came before. */
  acknowledge(dialog: SipDialog, seq: number): string | undefined {
    const waiting = this.#waiting.get(dialog);
    if (waiting?.seq !== seq) return undefined;
    this.drop(dialog);
    return waiting.transactionId;
  }

  drop(dialog: SipDialog): void {
    const waiting = this.#waiting.get(dialog);
    waiting?.repeater.stop();
    waiting?.end.cancel();
    this.#waiting.delete(dialog);
  }

  close(): void {
    for (const dialog of [...this.#waiting.keys()]) this.drop(dialog);
  }
}
