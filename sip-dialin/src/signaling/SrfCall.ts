import type Srf from 'drachtio-srf';
import type { Logger } from 'pino';
import { callerOf, type Caller } from './caller.ts';
import type { HandOn } from './HandOn.ts';
import type { CallEvent, DialogIds } from './Call.ts';
import type { InboundCall } from './InboundCall.ts';
import { parseNameAddr, uriUser } from './nameAddr.ts';
import { ownSession } from './sessionTimer.ts';
import { toE164 } from './phoneNumber.ts';
import { parseReplaces, type Replaces } from './replaces.ts';
import { ALLOW, SrfDialog } from './SrfDialog.ts';
import { header } from './srfParts.ts';

const SDP = 'application/sdp';

/** When to try again, in seconds, where the reason tells no better: a line is free when somebody hangs up. */
const RETRY_AFTER_S = '10';

interface SrfCallParts {
  srf: Srf;
  req: Srf.SrfRequest;
  res: Srf.SrfResponse;
  /** The body of the INVITE, or empty. */
  sdp: string;
  certified: boolean;
  logger: Logger;
}

/** An inbound call on drachtio-srf: translates, and decides nothing. */
export class SrfCall implements InboundCall {
  readonly dialled: string | undefined;
  readonly caller: Caller;
  readonly source: string;
  readonly uri: string;
  readonly authorization: string;
  readonly offer: string;
  readonly certified: boolean;
  readonly replaces: Replaces | 'malformed' | undefined;
  readonly #srf: Srf;
  readonly #req: Srf.SrfRequest;
  readonly #res: Srf.SrfResponse;
  readonly #logger: Logger;
  #handler: (event: CallEvent) => void = () => undefined;
  #onHandOn: (request: HandOn) => void = (request) => request.refuse(603);
  #dialog: SrfDialog | undefined;

  constructor(parts: SrfCallParts) {
    const { srf, req, res, sdp, logger } = parts;
    this.#srf = srf;
    this.#req = req;
    this.#res = res;
    this.#logger = logger;
    this.source = req.source_address;
    this.uri = req.uri;
    this.authorization = header(req, 'Authorization') ?? '';
    this.offer = sdp;
    this.certified = parts.certified;
    const replaces = header(req, 'Replaces');
    this.replaces = replaces === undefined ? undefined : (parseReplaces(replaces) ?? 'malformed');
    this.dialled = toE164(uriUser(req.uri)) ?? toE164(parseNameAddr(req.get('To')).user);
    this.caller = callerOf({
      from: req.get('From'),
      assertedIdentity: header(req, 'P-Asserted-Identity'),
      remotePartyId: header(req, 'Remote-Party-ID'),
      privacy: header(req, 'Privacy'),
    });
    req.on('cancel', () => this.#handler({ type: 'cancelled' }));
  }

  onEvent(handler: (event: CallEvent) => void): void {
    this.#handler = handler;
  }

  get ids(): DialogIds | undefined {
    return this.#dialog?.ids;
  }

  onHandOn(handler: (request: HandOn) => void): void {
    this.#onHandOn = handler;
  }

  ring(): void {
    // A caller that wants our offer and reliable answers gets the 200 at once: the offer would have to
    // be in the 180 (RFC 3262 section 5).
    const reliable = /\b100rel\b/i.test(header(this.#req, 'Require') ?? '');
    if (reliable && this.offer === '') return;
    this.#res.send(180);
  }

  refuse(status: number, headers: Record<string, string> = {}): void {
    // RFC 3261 section 21.5.4: a caller is to know that it is for now.
    const all = status === 503 ? { 'Retry-After': RETRY_AFTER_S, ...headers } : headers;
    if (!this.#res.finalResponseSent) this.#res.send(status, { headers: all });
  }

  async answer(sdp: string): Promise<void> {
    const headers = { Allow: ALLOW, 'Content-Type': SDP, ...ownSession(this.#req) };
    await new Promise<void>((resolve, reject) => {
      // With a callback: a BYE on the heels of our 200 would find no listener after a promise.
      this.#srf.createUAS(
        this.#req,
        this.#res,
        { localSdp: sdp, headers },
        (error: unknown, dialog) => {
          if (error) {
            reject(error instanceof Error ? error : new Error('200 not sent', { cause: error }));
            return;
          }
          this.#dialog = new SrfDialog(dialog, this.#logger);
          this.#dialog.onEvent((event) => this.#handler(event));
          this.#dialog.onHandOn((request) => this.#onHandOn(request));
          resolve();
        },
      );
    });
  }

  async bye(): Promise<void> {
    await this.#dialog?.bye();
  }
}
