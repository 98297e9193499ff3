import {
  AppError,
  type CallEventNews,
  type CallPlace,
  type GatewayPayload,
} from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { CallEnd } from './callEnd.ts';
import type { InboundCall } from './InboundCall.ts';
import type { PhoneLegState } from './phoneLegState.ts';
import { Refusals, type Refusal } from './Refusals.ts';

/** Events of many calls go out together, ms. */
const GATHER_MS = 100;
/** While the server is away it is asked again after this, ms. */
const RETRY_MS = 1_000;
/** As many as one request holds. */
const BATCH = 100;
/** As many as are kept while the server is away; the oldest go first, and are counted. */
const KEPT = 5_000;

/** What is watched of a `PhoneLeg`. */
interface WatchedLeg {
  readonly id: string;
  on(event: 'statechange', listener: (old: PhoneLegState, next: PhoneLegState) => void): unknown;
}

export interface CallReporterOptions {
  /** Error `unavailable`: later. */
  send: (news: GatewayPayload<'call:event'>) => Promise<unknown>;
  logger: Logger;
  /** ms since 1970. */
  now?: () => number;
}

/** Tells the server what happens to calls, for its audit trail: in order, some at a time, and later if it is away. */
export class CallReporter {
  readonly #options: CallReporterOptions;
  readonly #now: () => number;
  readonly #refusals: Refusals;
  #events: CallEventNews[] = [];
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #closed = false;

  constructor(options: CallReporterOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => Date.now());
    this.#refusals = new Refusals((event) => this.#keep(event), this.#now);
  }

  /** A call that came in, from its INVITE to its end; to be called before the leg starts. */
  watchInbound(leg: WatchedLeg, call: InboundCall, of: { did: string; trunkId: string }): void {
    const { source, caller } = call;
    this.#add(leg.id, 'in', 'invite', { ...of, source: source.slice(0, 64) });
    this.#follow(leg, 'in', caller.number);
  }

  /** A call of ours, which has been answered. */
  watchInvited(leg: WatchedLeg, { number }: CallPlace, trunkId: string): void {
    this.#add(leg.id, 'out', 'answered', { trunkId });
    this.#follow(leg, 'out', number);
  }

  /** An INVITE that became no call: told with others of its kind. */
  refused(refusal: Refusal): void {
    if (!this.#closed) this.#refusals.add(refusal);
  }

  /** Sends what there is, and takes no more. Twice is silent. */
  async close(): Promise<void> {
    this.#refusals.flush();
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#sending;
    await this.#send();
  }

  #follow(leg: WatchedLeg, direction: 'in' | 'out', number: string): void {
    const { id } = leg;
    const caller = number === '' ? {} : { number };
    let hasEntered = false;
    leg.on('statechange', (old, next) => {
      const isAnswered = old.name === 'ringing' && direction === 'in' && next.name !== 'ended';
      if (isAnswered) this.#add(id, direction, 'answered');
      const isIn = next.name === 'joined' || next.name === 'waiting';
      if (isIn && !hasEntered) {
        hasEntered = true;
        const { meetingId } = next;
        this.#add(id, direction, 'entered', { meetingId, ...caller });
      }
      if (next.name !== 'ended') return;
      this.#add(id, direction, 'ended', { ...endOf(next.end), ...(!hasEntered && caller) });
    });
  }

  #add(
    callId: string,
    direction: CallEventNews['direction'],
    type: CallEventNews['type'],
    more: Partial<CallEventNews> = {},
  ): void {
    const at = new Date(this.#now()).toISOString();
    this.#keep({ callId, at, type, direction, ...more });
  }

  #keep(event: CallEventNews): void {
    this.#events.push(event);
    while (this.#events.length > KEPT) {
      this.#events.shift();
      this.#lost += 1;
    }
    this.#soon(GATHER_MS);
  }

  #soon(ms: number): void {
    if (this.#closed || this.#timer || this.#sending) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sending = this.#send().finally(() => {
        this.#sending = undefined;
        if (this.#events.length > 0) this.#soon(RETRY_MS);
      });
    }, ms);
  }

  /** All, or until the server does not take any more. */
  async #send(): Promise<void> {
    while (this.#events.length > 0) {
      const [events, lost] = [this.#events.splice(0, BATCH), this.#lost];
      this.#lost = 0;
      try {
        await this.#options.send({ events, ...(lost > 0 && { lost }) });
      } catch (error) {
        if (error instanceof AppError && error.code === 'unavailable') {
          this.#events.unshift(...events);
          this.#lost += lost;
          return;
        }
        this.#options.logger.error({ err: error, events: events.length }, 'call events not taken');
      }
    }
  }
}

function endOf({ by, code, reason }: CallEnd): Pick<CallEventNews, 'by' | 'code' | 'reason'> {
  return { by, code, reason: reason.slice(0, 64) };
}
