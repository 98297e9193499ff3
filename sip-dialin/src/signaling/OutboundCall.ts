import type Srf from 'drachtio-srf';

const SDP = 'application/sdp';

/** A call that we made, from its answer on. */
export interface OutboundCall {
  /** The SDP that the INVITE was answered with. */
  readonly answer: string;
  /** Resolves when the far end hangs up, or is found to be gone. */
  readonly hungUp: Promise<void>;
  /** A re-INVITE: give the SDP answer, or throw to refuse it with 488. */
  onOffer(handler: (offer: string) => string): void;
  /** Sends a key as SIP INFO (`application/dtmf-relay`); rejects when it is refused. */
  sendKey(key: string, durationMs: number): Promise<void>;
  /** Sends the BYE and waits for its answer. Twice is silent. */
  hangUp(): Promise<void>;
}

/** An outbound call on drachtio-srf: translates, and decides nothing. */
export class SrfOutboundCall implements OutboundCall {
  readonly answer: string;
  readonly hungUp: Promise<void>;
  readonly #dialog: Srf.Dialog;
  #onOffer: (offer: string) => string = () => this.#dialog.local.sdp;
  #ended = false;

  constructor(dialog: Srf.Dialog) {
    this.#dialog = dialog;
    this.answer = dialog.remote.sdp;
    this.hungUp = new Promise((resolve) => {
      dialog.on('destroy', () => {
        this.#ended = true;
        resolve();
      });
    });
    dialog.on('modify', (req, res) => this.#answerOffer(req, res));
  }

  onOffer(handler: (offer: string) => string): void {
    this.#onOffer = handler;
  }

  async sendKey(key: string, durationMs: number): Promise<void> {
    const options = {
      method: 'INFO',
      headers: { 'Content-Type': 'application/dtmf-relay' },
      body: `Signal=${key}\r\nDuration=${durationMs}\r\n`,
    };
    // drachtio-srf's types ask for a whole request here; it takes these three.
    const answer = await this.#dialog.request(options as unknown as Srf.SrfRequest);
    if (answer.status >= 300) throw new Error(`SIP INFO was refused with ${answer.status}.`);
  }

  async hangUp(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await new Promise<void>((resolve) => {
      // With or without an answer it is over (RFC 3261 section 15.1.1).
      this.#dialog.destroy({ headers: {} }, () => resolve());
    });
  }

  #answerOffer(req: Srf.SrfRequest, res: Srf.SrfResponse): void {
    try {
      const body = this.#onOffer(req.body);
      this.#dialog.local.sdp = body;
      res.send(200, { body, headers: { 'Content-Type': SDP } });
    } catch {
      res.send(488);
    }
  }
}
