import type Srf from 'drachtio-srf';
import type { Logger } from 'pino';
import { callerOf, type Caller } from './caller.ts';
import { parseDtmfInfo } from './dtmfInfo.ts';
import type { CallEvent } from './Call.ts';
import type { InboundCall } from './InboundCall.ts';
import { parseNameAddr, uriUser } from './nameAddr.ts';
import { ownSession } from './sessionTimer.ts';
import { toE164 } from './phoneNumber.ts';

/** The methods that we take (RFC 3261 section 20.5). */
export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK';

/** What OPTIONS tells (section 11.2). */
export const OPTIONS_HEADERS = { Allow: ALLOW, Accept: 'application/sdp' };

/** Methods that drachtio-srf would answer 200 within a dialog, though we do nothing about them. */
const NOT_TAKEN = ['refer', 'message', 'notify', 'publish'] as const;

const SDP = 'application/sdp';

/** drachtio-srf's types leave out what a dialog sends as Contact. */
type Dialog = Srf.Dialog & { local: { contact?: string } };

/** An inbound call on drachtio-srf: translates, and decides nothing. */
export class SrfCall implements InboundCall {
  readonly dialled: string | undefined;
  readonly caller: Caller;
  readonly source: string;
  readonly uri: string;
  readonly authorization: string;
  readonly offer: string;
  readonly #srf: Srf;
  readonly #req: Srf.SrfRequest;
  readonly #res: Srf.SrfResponse;
  readonly #logger: Logger;
  #handler: (event: CallEvent) => void = () => undefined;
  #dialog: Dialog | undefined;

  /** `sdp` is the body of the INVITE, or empty. */
  constructor(srf: Srf, req: Srf.SrfRequest, res: Srf.SrfResponse, sdp: string, logger: Logger) {
    this.#srf = srf;
    this.#req = req;
    this.#res = res;
    this.#logger = logger;
    this.source = req.source_address;
    this.uri = req.uri;
    this.authorization = header(req, 'Authorization') ?? '';
    this.offer = sdp;
    this.dialled = toE164(uriUser(req.uri)) ?? toE164(parseNameAddr(req.get('To')).user);
    this.caller = callerOf({
      from: req.get('From'),
      assertedIdentity: header(req, 'P-Asserted-Identity'),
      privacy: header(req, 'Privacy'),
    });
    req.on('cancel', () => this.#handler({ type: 'cancelled' }));
  }

  onEvent(handler: (event: CallEvent) => void): void {
    this.#handler = handler;
  }

  ring(): void {
    // A caller that wants our offer and reliable answers gets the 200 at once: the offer would have to
    // be in the 180 (RFC 3262 section 5).
    const reliable = /\b100rel\b/i.test(header(this.#req, 'Require') ?? '');
    if (reliable && this.offer === '') return;
    this.#res.send(180);
  }

  refuse(status: number, headers: Record<string, string> = {}): void {
    if (!this.#res.finalResponseSent) this.#res.send(status, { headers });
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
          this.#attach(dialog);
          resolve();
        },
      );
    });
  }

  async bye(): Promise<void> {
    const dialog = this.#dialog;
    if (!dialog) return;
    this.#dialog = undefined;
    await new Promise<void>((resolve) => {
      dialog.destroy({ headers: {} }, (error: unknown) => {
        if (error) this.#logger.debug({ err: error }, 'BYE not sent');
        resolve();
      });
    });
  }

  #attach(dialog: Dialog): void {
    this.#dialog = dialog;
    dialog.on('destroy', (bye) => {
      this.#dialog = undefined;
      this.#handler({ type: 'ended', lost: bye.source === 'application' });
    });
    dialog.on('ack', (ack) => {
      // Also when there is none: whoever has made an offer waits for it.
      this.#handler({ type: 'sdpAnswer', sdp: sdpOf(ack) ?? '' });
    });
    // RFC 3261 section 11.2: what we would say outside of the call.
    dialog.on('options', (_req, res) => res.send(200, { headers: OPTIONS_HEADERS }));
    dialog.on('info', (req, res) => this.#onInfo(req, res));
    dialog.on('modify', (req, res) => this.#onOffer(dialog, req, res));
    dialog.on('update', (req, res) => {
      // RFC 3311: without SDP it only refreshes.
      if (req.body) this.#onOffer(dialog, req, res);
      else res.send(200, { headers: contactOf(dialog) });
    });
    for (const method of NOT_TAKEN) {
      dialog.on(method as 'refer', (_req, res) => res.send(405, { headers: { Allow: ALLOW } }));
    }
  }

  /** The body is a key of perhaps a PIN: it is not logged, whatever it is. */
  #onInfo(req: Srf.SrfRequest, res: Srf.SrfResponse): void {
    if (!req.body) {
      res.send(200);
      return;
    }
    const info = parseDtmfInfo(header(req, 'Content-Type') ?? '', req.body);
    if (info.type === 'unsupported') {
      res.send(415, { headers: { Accept: 'application/dtmf-relay, application/dtmf' } });
    } else if (info.type === 'bad') {
      res.send(400);
    } else {
      res.send(200);
      this.#handler(info);
    }
  }

  #onOffer(dialog: Dialog, req: Srf.SrfRequest, res: Srf.SrfResponse): void {
    const offer = sdpOf(req);
    if (offer === undefined) {
      res.send(415, { headers: { Accept: SDP } });
      return;
    }
    this.#handler({
      type: 'reoffer',
      offer,
      accept: (sdp) => {
        dialog.local.sdp = sdp;
        res.send(200, { body: sdp, headers: { ...contactOf(dialog), 'Content-Type': SDP } });
      },
      refuse: (status) => res.send(status),
    });
  }
}

/** The SDP of an INVITE: empty for a late offer, undefined when the body is something else (415). */
export function sdpOf(req: Srf.SrfRequest): string | undefined {
  if (!req.body) return '';
  const type = (header(req, 'Content-Type') ?? '').toLowerCase();
  if (type.startsWith(SDP)) return req.body;
  // RFC 5621: a multipart body may have it as one part.
  const part = req.payload.find(({ type: partType }) => partType?.toLowerCase().startsWith(SDP));
  return part?.content;
}

/** Undefined when there is no such header, which drachtio-srf's types do not say. */
export function header(req: Srf.SrfRequest, name: string): string | undefined {
  return req.has(name) ? req.get(name) : undefined;
}

function contactOf(dialog: Dialog): Record<string, string> {
  return dialog.local.contact === undefined ? {} : { Contact: dialog.local.contact };
}
