import type Srf from 'drachtio-srf';
import type { Logger } from 'pino';
import type { Call, CallEvent, DialogIds } from './Call.ts';
import { parseDtmfInfo } from './dtmfInfo.ts';
import type { HandOn } from './HandOn.ts';
import { header, sdpOf } from './srfParts.ts';

/** The methods that we take (RFC 3261 section 20.5). */
export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY';

export const SUPPORTED = 'timer, 100rel, replaces';

/** What OPTIONS tells (section 11.2). */
export const OPTIONS_HEADERS = {
  Allow: ALLOW,
  Accept: 'application/sdp',
  Supported: SUPPORTED,
};

/** Methods that drachtio-srf would answer 200 within a dialog, though we do nothing about them. */
const NOT_TAKEN = ['message', 'notify', 'publish'] as const;

const SDP = 'application/sdp';

/** drachtio-srf's types leave out what a dialog sends as Contact, and with what it answers a challenge. */
type Dialog = Srf.Dialog & {
  local: { contact?: string };
  auth?: { username: string; password: string } | undefined;
};

interface SrfDialogOptions {
  /** For challenges to requests of ours within it. */
  credentials?: { username: string; password: string };
  /** Told once, whoever ends it. */
  onOver?: () => void;
}

/** A call that is up on drachtio-srf, of either direction: translates, and decides nothing. */
export class SrfDialog implements Call {
  readonly ids: DialogIds;
  readonly #logger: Logger;
  readonly #onOver: (() => void) | undefined;
  #dialog: Dialog | undefined;
  #handler: ((event: CallEvent) => void) | undefined;
  /** What came before anybody listened. */
  #early: CallEvent[] = [];
  #onHandOn: ((request: HandOn) => void) | undefined;

  /** To be made in the turn that gives the dialog: what comes next must find its listeners. */
  constructor(dialog: Srf.Dialog, logger: Logger, { credentials, onOver }: SrfDialogOptions = {}) {
    this.#logger = logger;
    this.#dialog = dialog;
    if (credentials) this.#dialog.auth = credentials;
    this.#onOver = onOver;
    const { callId, localTag, remoteTag } = dialog.sip;
    this.ids = { callId, localTag, remoteTag };
    this.#listen(dialog);
  }

  onEvent(handler: (event: CallEvent) => void): void {
    this.#handler = handler;
    const early = this.#early;
    this.#early = [];
    for (const event of early) handler(event);
  }

  onHandOn(handler: (request: HandOn) => void): void {
    this.#onHandOn = handler;
  }

  async bye(): Promise<void> {
    const dialog = this.#dialog;
    if (!dialog) return;
    this.#dialog = undefined;
    this.#onOver?.();
    await new Promise<void>((resolve) => {
      dialog.destroy({ headers: {} }, (error: unknown) => {
        if (error) this.#logger.debug({ err: error }, 'BYE not sent');
        resolve();
      });
    });
  }

  #tell(event: CallEvent): void {
    if (this.#handler) this.#handler(event);
    else this.#early.push(event);
  }

  #listen(dialog: Dialog): void {
    dialog.on('destroy', (bye) => {
      this.#dialog = undefined;
      this.#onOver?.();
      this.#tell({ type: 'ended', lost: bye.source === 'application' });
    });
    dialog.on('ack', (ack) => {
      // Also when there is none: whoever has made an offer waits for it.
      this.#tell({ type: 'sdpAnswer', sdp: sdpOf(ack) ?? '' });
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
    dialog.on('refer', (req, res) => this.#onRefer(req, res));
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
      this.#tell(info);
    }
  }

  #onOffer(dialog: Dialog, req: Srf.SrfRequest, res: Srf.SrfResponse): void {
    const offer = sdpOf(req);
    if (offer === undefined) {
      res.send(415, { headers: { Accept: SDP } });
      return;
    }
    this.#tell({
      type: 'reoffer',
      offer,
      accept: (sdp) => {
        dialog.local.sdp = sdp;
        res.send(200, { body: sdp, headers: { ...contactOf(dialog), 'Content-Type': SDP } });
      },
      refuse: (status) => res.send(status),
    });
  }

  /** RFC 3515. Without `Refer-Sub: false` (RFC 4488) it is told by NOTIFY how it goes. */
  #onRefer(req: Srf.SrfRequest, res: Srf.SrfResponse): void {
    const target = header(req, 'Refer-To');
    if (target === undefined || target === '') {
      res.send(400);
    } else if (this.#onHandOn === undefined) {
      res.send(603);
    } else {
      const isQuiet = /^\s*false\b/i.test(header(req, 'Refer-Sub') ?? '');
      this.#onHandOn({
        target,
        refuse: (status, headers = {}) => res.send(status, { headers }),
        accept: () => res.send(202, { headers: isQuiet ? { 'Refer-Sub': 'false' } : {} }),
        tell: (status, reason) => {
          if (!isQuiet) void this.#notify(status, reason);
        },
      });
    }
  }

  /** RFC 3515 section 2.4.5. Never rejects: the phone may have hung up. */
  async #notify(status: number, reason: string): Promise<void> {
    const isLast = status >= 200;
    const options = {
      method: 'NOTIFY',
      headers: {
        Event: 'refer',
        'Subscription-State': isLast ? 'terminated;reason=noresource' : 'active;expires=180',
        'Content-Type': 'message/sipfrag;version=2.0',
      },
      body: `SIP/2.0 ${status} ${reason}\r\n`,
    };
    try {
      // drachtio-srf's types ask for a whole request here; it takes these three.
      await this.#dialog?.request(options as unknown as Srf.SrfRequest);
    } catch (error) {
      this.#logger.debug({ err: error }, 'NOTIFY not sent');
    }
  }
}

function contactOf(dialog: Dialog): Record<string, string> {
  return dialog.local.contact === undefined ? {} : { Contact: dialog.local.contact };
}
