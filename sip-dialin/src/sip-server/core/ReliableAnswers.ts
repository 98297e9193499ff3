import { randomInt } from 'node:crypto';
import type { Timer } from '../clock.ts';
import { tokensOf } from '../message/lists.ts';
import { supports } from '../message/sessionExpires.ts';
import { cseqOf, type SipRequest, type SipResponse } from '../message/SipMessage.ts';
import { Repeater } from '../transaction/Repeater.ts';
import { lifetime } from '../transaction/timers.ts';
import { answerTarget } from '../transport/received.ts';
import type { Context, SipDialog } from './Context.ts';
import type { ServedRequest } from './ServedRequest.ts';

interface Progress {
  /** `RSeq` of the last reliable provisional answer. */
  rseq: number;
  /** True until its PRACK has come. */
  outstanding: boolean;
  hasBody: boolean;
  /** True as soon as a final answer is out. */
  over: boolean;
  repeater: Repeater | undefined;
  end: Timer | undefined;
  /** Answers of the application that must wait for the PRACK. */
  held: (() => void)[];
}

/** What a PRACK is about: the application is to answer it, or the server, or it acknowledges nothing. */
export type PrackFor = 'application' | 'server' | 'nothing';

/** Provisional answers that are sent again until PRACK acknowledges them (RFC 3262 section 3). */
export class ReliableAnswers {
  readonly #context: Context;
  readonly #progress = new Map<ServedRequest, Progress>();

  constructor(context: Context) {
    this.#context = context;
  }

  get size(): number {
    return this.#progress.size;
  }

  /**
   * Puts off an answer: a further provisional one while a PRACK is outstanding, and a 2xx if what is
   * outstanding has a session description (section 3). `run` gives the answer anew.
   */
  hold(served: ServedRequest, status: number, run: () => void): boolean {
    const progress = this.#progress.get(served);
    if (progress?.outstanding !== true || progress.over || status === 100) return false;
    if (status >= 300 || (status >= 200 && !progress.hasBody)) return false;
    progress.held.push(run);
    return true;
  }

  /** Makes a provisional answer reliable where the caller requires it, or the application wants it and the caller can. */
  mark(served: ServedRequest, response: SipResponse): boolean {
    const { request } = served;
    const { headers, status } = response;
    const wanted = tokensOf(headers.getAll('Require'));
    headers.remove('RSeq');
    const others = wanted.filter((tag) => tag !== '100rel');
    headers.remove('Require');
    const required = tokensOf(request.headers.getAll('Require')).includes('100rel');
    const able = wanted.includes('100rel') && supports(request, '100rel');
    const reliable = isProvisional(served, status) && (required || able);
    if (reliable) others.push('100rel');
    if (others.length > 0) headers.append('Require', others.join(', '));
    if (reliable) headers.append('RSeq', String(this.#next(served)));
    return reliable;
  }

  /** A marked answer is out: it is sent again until its PRACK; `onGivenUp` when none comes. */
  sent(served: ServedRequest, response: SipResponse, onGivenUp: () => void): void {
    const { clock, timers, send } = this.#context;
    const target = answerTarget(served.request, served.peer);
    const again = (): void => send(response, target);
    this.#progress.set(served, {
      rseq: Number(response.headers.get('RSeq')),
      outstanding: true,
      hasBody: response.body.length > 0,
      over: false,
      repeater: new Repeater({ clock, first: timers.t1, cap: Infinity, send: again }),
      end: clock.after(lifetime(timers), onGivenUp),
      held: [],
    });
  }

  /** Takes a PRACK. After `application`, `release` is to follow. */
  acknowledge(dialog: SipDialog, prack: SipRequest): PrackFor {
    // What follows is passed over, as sofia does: drachtio-srf's own scenario says `INVITE` twice.
    const rack = /^(\d+)\s+(\d+)\s+INVITE\b/.exec(prack.headers.get('RAck') ?? '');
    const [, rseq, seq] = rack ?? [];
    for (const [served, progress] of this.#progress) {
      const same = Number(rseq) === progress.rseq && Number(seq) === cseqOf(served.request)?.seq;
      if (served.dialog !== dialog || !same || !progress.outstanding) continue;
      progress.outstanding = false;
      stop(progress);
      return progress.over ? 'server' : 'application';
    }
    return 'nothing';
  }

  /** Lets the answers go that waited for the PRACK; one that is reliable makes the others wait again. */
  release(dialog: SipDialog): void {
    for (const [served, progress] of this.#progress) {
      if (served.dialog === dialog && !progress.outstanding) runAll(progress);
    }
  }

  /** A final answer is out: nothing is sent again, but a late PRACK is still understood. */
  finish(served: ServedRequest): void {
    const progress = this.#progress.get(served);
    if (progress === undefined) return;
    progress.over = true;
    stop(progress);
    // They come too late, and the application hears so.
    runAll(progress);
  }

  /** The transaction is gone. */
  forget(served: ServedRequest): void {
    this.finish(served);
    this.#progress.delete(served);
  }

  close(): void {
    for (const progress of this.#progress.values()) stop(progress);
    this.#progress.clear();
  }

  /** The first number is random, so that nobody can guess it (section 3). */
  #next(served: ServedRequest): number {
    const last = this.#progress.get(served)?.rseq;
    return last === undefined ? randomInt(1, 2 ** 31) : last + 1;
  }
}

function isProvisional({ method }: ServedRequest, status: number): boolean {
  return method === 'INVITE' && status > 100 && status < 200;
}

function stop(progress: Progress): void {
  progress.repeater?.stop();
  progress.end?.cancel();
}

function runAll(progress: Progress): void {
  for (const run of progress.held.splice(0)) run();
}
