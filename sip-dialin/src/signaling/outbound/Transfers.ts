import { AppError, type CallFailure, type ErrorCode } from '@switchroom/protocol';
import type { Logger } from 'pino';
import { callEnd } from '../callEnd.ts';
import type { HandOn } from '../HandOn.ts';
import { parseNameAddr } from '../nameAddr.ts';
import { toE164 } from '../phoneNumber.ts';
import type { PhoneLeg } from '../PhoneLeg.ts';
import type { CallDesk } from './CallDesk.ts';
import type { CallNews } from './PlacedCall.ts';

export interface TransfersOptions {
  desk: Pick<CallDesk, 'watch'>;
  logger: Logger;
}

type Leg = Pick<PhoneLeg, 'id' | 'state' | 'close' | 'once' | 'off'>;

/** Seconds, where the server knows no better: calls at a time end any minute. */
const FULL_RETRY_S = 60;
/** A server that was away is mostly back by then. */
const AWAY_RETRY_S = 10;

/** An answer to a REFER. */
interface Refusal {
  status: number;
  retryAfterS?: number;
}

/**
 * Why there is no call, as RFC 3261 section 21 has it. Over a limit it is 480 with Retry-After: 429 is about who
 * refers (RFC 3892), and after a 503 a phone may send us nothing else for that long, not even its BYE (21.5.4).
 */
const REFUSALS: Partial<Record<ErrorCode, Refusal>> = {
  'number-not-allowed': { status: 403 },
  forbidden: { status: 403 },
  'meeting-locked': { status: 403 },
  'meeting-ended': { status: 480 },
  'rate-limited': { status: 480, retryAfterS: FULL_RETRY_S },
  // It hands its call on already, by a REFER of an earlier dialog.
  conflict: { status: 491 },
};
/** There is no server, or it has no trunk for calls to the outside. */
const AWAY: Refusal = { status: 500, retryAfterS: AWAY_RETRY_S };

/** What a phone is told of a call that came to nothing. */
const STATUSES: Record<CallFailure, [number, string]> = {
  busy: [486, 'Busy Here'],
  'no-answer': [480, 'Temporarily Unavailable'],
  refused: [603, 'Decline'],
  'invalid-number': [404, 'Not Found'],
  unreachable: [503, 'Service Unavailable'],
  'not-confirmed': [480, 'Temporarily Unavailable'],
  cancelled: [487, 'Request Terminated'],
};

/**
 * Phones in a meeting that hand their call on (REFER, RFC 3515; blind transfer of RFC 5589). The server is asked,
 * as for every call to the outside, before the REFER is answered: so a phone that wants no NOTIFY (RFC 4488) learns of
 * a refusal, too. Once the one who was called has joined, the first phone is hung up.
 */
export class Transfers {
  readonly #options: TransfersOptions;
  /** Legs whose transfer is not over. */
  readonly #busy = new Set<string>();

  constructor(options: TransfersOptions) {
    this.#options = options;
  }

  /** Never throws. */
  handOn(leg: Leg, request: HandOn): void {
    const { state } = leg;
    if (state.name !== 'joined') request.refuse(603);
    else if (this.#busy.has(leg.id)) request.refuse(491);
    else {
      const number = numberOf(request.target);
      if (number === undefined) request.refuse(404);
      else void this.#transfer(leg, () => state.membership.refer(number), request);
    }
  }

  async #transfer(
    leg: Leg,
    refer: () => Promise<{ callId: string }>,
    request: HandOn,
  ): Promise<void> {
    this.#busy.add(leg.id);
    let forget = (): void => undefined;
    const end = (): void => {
      this.#busy.delete(leg.id);
      leg.off('ended', end);
      forget();
    };
    // Whom it called goes on without it.
    leg.once('ended', end);
    try {
      const { callId } = await refer();
      request.accept();
      request.tell(100, 'Trying');
      if (!this.#busy.has(leg.id)) return;
      forget = this.#options.desk.watch(callId, (news) => {
        if (this.#onNews(leg, request, news)) end();
      });
      // All that there was to be told may have been told at once.
      if (!this.#busy.has(leg.id)) forget();
    } catch (error) {
      end();
      this.#options.logger.info({ err: error, legId: leg.id }, 'call not handed on');
      const known = error instanceof AppError ? error : undefined;
      const { status, retryAfterS } = REFUSALS[known?.code ?? 'internal'] ?? AWAY;
      const headers = { 'Retry-After': known?.retryAfter ?? String(retryAfterS) };
      request.refuse(status, retryAfterS === undefined ? {} : headers);
    }
  }

  /** True for the last of it. */
  #onNews(leg: Leg, request: HandOn, news: CallNews): boolean {
    if (news.state === 'ringing') request.tell(180, 'Ringing');
    else if (news.state === 'failed') request.tell(...STATUSES[news.reason]);
    else if (news.state === 'joined') {
      request.tell(200, 'OK');
      void leg.close(callEnd.handedOn());
    }
    return news.state === 'failed' || news.state === 'joined';
  }
}

/** Undefined for what is no number, and for who shall be called in another way or instead of another call. */
function numberOf(target: string): string | undefined {
  const { user } = parseNameAddr(target);
  const uri = /<([^>]*)>/.exec(target)?.[1] ?? target;
  if (/[?&]/.test(uri) || /;method=(?!invite\b)/i.test(uri)) return undefined;
  return toE164(user);
}
