import { once } from 'node:events';
import type { TrunkSrtp } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { Call } from '../Call.ts';
import { askSession, wantedSeconds } from '../sessionTimer.ts';
import { ALLOW, SUPPORTED } from '../SrfDialog.ts';
import { CallFailed, verdictOf } from './callFailure.ts';
import type { Locator } from './Locator.ts';
import type { OutboundTrunk } from './OutboundTrunk.ts';
import type { OutboundTrunks } from './OutboundTrunks.ts';
import type { AnsweredInvite, InviteWatch, SipAnswer, SipClient } from './SipClient.ts';
import { Thread } from './Thread.ts';
import { calleeUri, assertedUri, credentialsOf, fromUri, retryAfterMs } from './trunkParts.ts';

export interface DialTiming {
  /** A trunk that gives not even a 100 by then is given up, in ms. SIP itself would take 32 s (timer B). */
  firstAnswerMs: number;
  /** From 100 until it rings or more is said: a trunk that takes calls and leads nowhere. */
  progressMs: number;
  /** How long all of it may take until somebody answers, in ms. */
  ringMs: number;
}

const DIAL_TIMING: DialTiming = { firstAnswerMs: 1_500, progressMs: 15_000, ringMs: 45_000 };

export interface DialerOptions {
  client: SipClient;
  trunks: OutboundTrunks;
  locator: Locator;
  logger: Logger;
  timing?: Partial<DialTiming> | undefined;
}

export interface DialRequest {
  /** E.164. */
  number: string;
  /** Our SDP, with SRTP as the trunk wants it; asked for anew for each trunk. */
  offer(srtp: TrunkSrtp): Promise<string>;
  /** It rings; told once. */
  onRinging(): void;
  /** Gives the call up. */
  signal: AbortSignal;
}

/** Somebody answered. The line of the trunk is taken: `release` it when the call is over. */
export interface Dialled extends AnsweredInvite {
  call: Call;
  trunk: OutboundTrunk;
}

/** One call to one address of one trunk. */
interface InviteOrder {
  number: string;
  hop: string;
  offer: string;
  /** Told before each INVITE of it. */
  onTry: () => void;
}

/** What came of one address of one trunk. */
type Outcome = Dialled | 'next' | CallFailed;

/** Calls numbers over the trunks, one after the other, until one gives a last word. */
export class Dialer {
  readonly #options: DialerOptions;
  readonly #timing: DialTiming;

  constructor(options: DialerOptions) {
    this.#options = options;
    this.#timing = { ...DIAL_TIMING, ...options.timing };
  }

  /** Errors: `CallFailed`; what `offer` rejects with. */
  async dial(request: DialRequest): Promise<Dialled> {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), this.#timing.ringMs);
    const signal = AbortSignal.any([request.signal, limit.signal]);
    try {
      for (const trunk of this.#options.trunks.inOrder()) {
        const outcome = await this.#over(trunk, { ...request, signal });
        if (request.signal.aborted) throw new CallFailed('cancelled');
        if (limit.signal.aborted) throw new CallFailed('no-answer');
        if (outcome instanceof CallFailed) throw outcome;
        if (outcome !== 'next') return outcome;
      }
      throw new CallFailed('unreachable');
    } finally {
      clearTimeout(timer);
    }
  }

  /** Over one trunk, by each of its addresses. */
  async #over(trunk: OutboundTrunk, request: DialRequest): Promise<Outcome> {
    const { logger, locator } = this.#options;
    const about = { trunk: trunk.settings.name };
    if (!trunk.take()) {
      logger.warn(about, 'no line of this trunk is free');
      return 'next';
    }
    let outcome: Outcome = 'next';
    try {
      const offer = await request.offer(trunk.settings.srtp);
      for (const hop of await locator.locate(trunk.outbound.uri)) {
        if (request.signal.aborted) break;
        outcome = await this.#by(trunk, hop, offer, request);
        if (outcome !== 'next') break;
        logger.info(about, 'call not placed by this address of the trunk');
      }
      return outcome;
    } finally {
      if (outcome === 'next' || outcome instanceof CallFailed) trunk.release();
    }
  }

  async #by(
    trunk: OutboundTrunk,
    hop: string,
    offer: string,
    request: DialRequest,
  ): Promise<Outcome> {
    const silence = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    let [heard, rang] = [false, false];
    // Anew for each INVITE: a challenge is an answer, too.
    const onTry = (): void => {
      heard = false;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), this.#timing.firstAnswerMs);
    };
    const watch = {
      signal: AbortSignal.any([request.signal, silence.signal]),
      onProvisional: (status: number) => {
        if (status === 100 && heard) return;
        heard = true;
        clearTimeout(timer);
        if (status === 100) timer = setTimeout(() => silence.abort(), this.#timing.progressMs);
        // 183 may be ringing, too, or an announcement: what plays is heard by nobody (no early media).
        if (status < 180 || rang || watch.signal.aborted) return;
        rang = true;
        request.onRinging();
      },
    };
    try {
      const result = await Promise.race([
        this.#invite(trunk, { number: request.number, hop, offer, onTry }, watch),
        // What was cancelled goes on by itself: a 200 that comes all the same is hung up.
        aborted(watch.signal),
      ]);
      if (result === undefined) {
        // One that says 100 is there: perhaps it is this number that leads nowhere.
        if (silence.signal.aborted && !heard) trunk.suspect();
        return 'next';
      }
      if (!('status' in result)) {
        trunk.rest(0);
        return { ...result, trunk };
      }
      if (result.status === 503) trunk.rest(retryAfterMs(result));
      const verdict = verdictOf(result, rang);
      return verdict === 'next' ? 'next' : new CallFailed(verdict);
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'INVITE not sent');
      return 'next';
    } finally {
      clearTimeout(timer);
    }
  }

  /** With our password where it is asked for, and once more where the session timer is too short. */
  async #invite(
    { outbound }: OutboundTrunk,
    { number, hop, offer, onTry }: InviteOrder,
    watch: InviteWatch,
  ): Promise<AnsweredInvite | SipAnswer> {
    const { client } = this.#options;
    const [uri, from] = [calleeUri(outbound, number), `<${fromUri(outbound)}>`];
    const asserted = `<${assertedUri(outbound)}>`;
    const credentials = credentialsOf(outbound);
    const thread = new Thread({ method: 'INVITE', uri, from, credentials });
    const send = (session: Record<string, string>): Promise<AnsweredInvite | SipAnswer> =>
      thread.send<AnsweredInvite>((headers) => {
        // Given up while the carrier challenged it: no phone is to ring for that.
        if (watch.signal.aborted) return Promise.resolve(GIVEN_UP);
        onTry();
        const all = { ...session, ...headers, 'P-Asserted-Identity': asserted, ...ABOUT_US };
        return client.invite({ uri, hop, headers: all, offer, credentials }, watch);
      });
    const result = await send(askSession());
    // RFC 4028 section 7.3.
    const seconds = 'status' in result ? wantedSeconds(result) : undefined;
    return seconds === undefined ? result : send(askSession(seconds));
  }
}

const ABOUT_US = { 'User-Agent': 'Switchroom', Allow: ALLOW, Supported: SUPPORTED };

const GIVEN_UP: SipAnswer = {
  ...{ status: 487, reason: 'Request Terminated', get: () => undefined },
};

async function aborted(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort');
  return undefined;
}
