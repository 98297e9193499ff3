import type { CallPlace } from '@switchroom/protocol';
import type { Logger } from 'pino';
import { callEnd } from '../callEnd.ts';
import type { CallOrders, InvitedLeg, TellProgress } from './CallOrders.ts';
import { PlacedCall, type CallNews, type PlacedCallOptions } from './PlacedCall.ts';

export interface CallDeskOptions extends Pick<PlacedCallOptions, 'media' | 'dialer' | 'invite'> {
  tell: TellProgress;
  logger: Logger;
}

/** How many calls that are over are remembered, for who asks about them late. */
const REMEMBERED = 100;

/** Does what the server orders: calls numbers, tells how that goes, and owns these calls until they are over. */
export class CallDesk implements CallOrders {
  readonly #options: CallDeskOptions;
  readonly #calls = new Map<string, PlacedCall>();
  /** What was told last of each call, the oldest first. */
  readonly #last = new Map<string, CallNews>();
  readonly #watchers = new Map<string, (news: CallNews) => void>();
  #closed = false;

  constructor(options: CallDeskOptions) {
    this.#options = options;
  }

  /** Calls that are not over. */
  get size(): number {
    return this.#calls.size;
  }

  /** The legs of those that were answered. */
  get legs(): readonly InvitedLeg[] {
    return [...this.#calls.values()].flatMap(({ leg }) => leg ?? []);
  }

  place(order: CallPlace): void {
    const { callId } = order;
    if (this.#calls.has(callId)) return;
    if (this.#closed) {
      this.#options.tell({ callId, state: 'failed', reason: 'unreachable' });
      return;
    }
    const { media, dialer, invite } = this.#options;
    const logger = this.#options.logger.child({ callId });
    const onNews = (news: CallNews): void => this.#onNews(callId, news);
    const call = new PlacedCall({ order, media, dialer, invite, onNews, logger });
    this.#calls.set(callId, call);
    void call.start().finally(() => this.#calls.delete(callId));
  }

  cancel(callId: string): void {
    void this.#calls.get(callId)?.close(callEnd.withdrawn());
  }

  serverLost(): void {
    for (const call of this.#calls.values()) {
      if (!call.joined) void call.close(callEnd.withdrawn());
    }
  }

  /** Tells how one call goes, beginning with what is known by now. Returns what ends it. */
  watch(callId: string, onNews: (news: CallNews) => void): () => void {
    this.#watchers.set(callId, onNews);
    const last = this.#last.get(callId);
    if (last) onNews(last);
    return () => void this.#watchers.delete(callId);
  }

  /** The SIP server is gone, and with it every call. */
  signalingLost(): void {
    for (const call of this.#calls.values()) void call.close(callEnd.signalingLost());
  }

  /** CANCEL or BYE to everybody, and no new calls. Twice is silent. */
  async close(): Promise<void> {
    this.#closed = true;
    const calls = [...this.#calls.values()];
    await Promise.all(calls.map((call) => call.close(callEnd.shutdown())));
  }

  #onNews(callId: string, news: CallNews): void {
    this.#last.delete(callId);
    this.#last.set(callId, news);
    if (this.#last.size > REMEMBERED) this.#forgetOne();
    this.#report(callId, news);
    this.#watchers.get(callId)?.(news);
  }

  #report(callId: string, news: CallNews): void {
    const { tell } = this.#options;
    const { state } = news;
    if (state === 'ringing' || state === 'confirming') tell({ callId, state });
    // Of `joined` and `ended` the server learns by `phone:join` and `phone:leave`; a cancelled one is its own wish.
    else if (news.state === 'failed' && news.reason !== 'cancelled') tell({ callId, ...news });
  }

  #forgetOne(): void {
    const [oldest] = this.#last.keys();
    if (oldest !== undefined) this.#last.delete(oldest);
  }
}
