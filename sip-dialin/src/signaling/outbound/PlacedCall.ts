import type { CallFailure, CallPlace, TrunkSrtp } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { LegMedia, PhoneMedia } from '../../media/PhoneMedia.ts';
import type { CallEnd } from '../callEnd.ts';
import { CallFailed } from './callFailure.ts';
import type { InvitedLeg, InviteLeg } from './CallOrders.ts';
import type { Dialer, Dialled } from './Dialer.ts';

export type CallNews =
  | { state: 'ringing' | 'confirming' | 'joined' }
  /** The last of it. `cancelled` is not told to the server, whose own wish it was. */
  | { state: 'failed'; reason: CallFailure }
  /** Also the last: it had joined, and is over. */
  | { state: 'ended' };

export interface PlacedCallOptions {
  order: CallPlace;
  media: Pick<PhoneMedia, 'createLeg'>;
  dialer: Pick<Dialer, 'dial'>;
  invite: InviteLeg;
  onNews: (news: CallNews) => void;
  logger: Logger;
}

/** One call to the outside, from the order to its end: its media until it is answered, then its leg. */
export class PlacedCall {
  readonly #options: PlacedCallOptions;
  readonly #abort = new AbortController();
  #media: { leg: LegMedia; srtp: TrunkSrtp } | undefined;
  #leg: InvitedLeg | undefined;
  #joined = false;
  #over = false;
  #whenOver: Promise<void> = Promise.resolve();

  constructor(options: PlacedCallOptions) {
    this.#options = options;
  }

  get leg(): InvitedLeg | undefined {
    return this.#leg;
  }

  /** Whether who was called is, or was, in the meeting. */
  get joined(): boolean {
    return this.#joined;
  }

  /** Calls. Resolves when it is all over. Never rejects; to be called once. */
  start(): Promise<void> {
    this.#whenOver = this.#run();
    return this.#whenOver;
  }

  /** CANCEL or BYE, whatever its state. Resolves when all of it is gone. Twice is silent. */
  async close(end: CallEnd): Promise<void> {
    this.#abort.abort();
    await this.#leg?.close(end);
    await this.#whenOver;
  }

  async #run(): Promise<void> {
    try {
      const dialled = await this.#dial();
      await this.#accept(dialled);
      await this.#hand(dialled);
    } catch (error) {
      if (!(error instanceof CallFailed)) this.#options.logger.error({ err: error }, 'call');
      this.#end(error instanceof CallFailed ? error.reason : 'unreachable');
    } finally {
      await this.#media?.leg.close();
    }
  }

  #dial(): Promise<Dialled> {
    return this.#options.dialer.dial({
      number: this.#options.order.number,
      offer: (srtp) => this.#offer(srtp),
      onRinging: () => this.#tell({ state: 'ringing' }),
      signal: this.#abort.signal,
    });
  }

  /** A leg for each kind of SRTP: one trunk's answer must not be taken for another's. */
  async #offer(srtp: TrunkSrtp): Promise<string> {
    if (this.#media?.srtp !== srtp) {
      await this.#media?.leg.close();
      this.#media = undefined;
      const leg = await this.#options.media.createLeg(this.#options.order.callId, { srtp });
      this.#media = { leg, srtp };
    }
    return this.#media.leg.offer();
  }

  async #accept({ answer, call, trunk }: Dialled): Promise<void> {
    try {
      await this.#media?.leg.accept(answer);
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'answer to our offer not usable');
      trunk.release();
      await call.bye();
      throw new CallFailed('unreachable');
    }
  }

  /** To the leg, until that has ended. */
  async #hand({ call, trunk }: Dialled): Promise<void> {
    const { order, invite } = this.#options;
    const media = this.#media?.leg;
    if (!media || this.#isGivenUp()) {
      trunk.release();
      await call.bye();
      throw new CallFailed('cancelled');
    }
    this.#tell({ state: 'confirming' });
    this.#media = undefined;
    const leg = invite({ order, call, media, trunkId: trunk.id });
    this.#leg = leg;
    leg.on('statechange', (_old, { name }) => {
      // In the lobby it is a participant, too.
      if ((name !== 'joined' && name !== 'waiting') || this.#joined) return;
      this.#joined = true;
      this.#tell({ state: 'joined' });
    });
    const ended = new Promise<void>((resolve) => leg.once('ended', () => resolve()));
    await leg.start();
    await ended;
    trunk.release();
    this.#end(this.#isGivenUp() ? 'cancelled' : 'not-confirmed');
  }

  #isGivenUp(): boolean {
    return this.#abort.signal.aborted;
  }

  #tell(news: CallNews): void {
    if (!this.#over) this.#options.onNews(news);
  }

  #end(reason: CallFailure): void {
    this.#tell(this.#joined ? { state: 'ended' } : { state: 'failed', reason });
    this.#over = true;
  }
}
