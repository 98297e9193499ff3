import type { Timer } from '../clock.ts';
import { Repeater } from '../transaction/Repeater.ts';
import { lifetime } from '../transaction/timers.ts';
import type { Context, SipDialog } from './Context.ts';

interface Unacked {
  seq: number;
  transactionId: string;
  repeater: Repeater;
  end: Timer;
  /** What the application wants to send and must not before the ACK. */
  held: (() => void)[];
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
      const held = this.#forget(dialog);
      onGivenUp();
      for (const run of held) run();
    });
    this.#waiting.set(dialog, { seq, transactionId, repeater, end, held: [] });
  }

  /** The transaction an ACK belongs to; undefined for one that came before. `drop` is to follow. */
  awaited(dialog: SipDialog, seq: number): string | undefined {
    const waiting = this.#waiting.get(dialog);
    return waiting?.seq === seq ? waiting.transactionId : undefined;
  }

  /**
   * Puts off a BYE or INVITE of ours until the ACK or the end of waiting (RFC 3261 sections 15 and
   * 14.1); false when nothing is waited for.
   */
  hold(dialog: SipDialog, run: () => void): boolean {
    const waiting = this.#waiting.get(dialog);
    waiting?.held.push(run);
    return waiting !== undefined;
  }

  drop(dialog: SipDialog): void {
    for (const run of this.#forget(dialog)) run();
  }

  close(): void {
    for (const dialog of [...this.#waiting.keys()]) this.#forget(dialog);
  }

  #forget(dialog: SipDialog): (() => void)[] {
    const waiting = this.#waiting.get(dialog);
    waiting?.repeater.stop();
    waiting?.end.cancel();
    this.#waiting.delete(dialog);
    return waiting?.held ?? [];
  }
}
