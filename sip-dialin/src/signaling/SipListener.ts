import { AppError } from '@switchroom/protocol';
import Srf from 'drachtio-srf';
import type { Logger } from 'pino';
import type { InboundCall } from './InboundCall.ts';
import type { SipClient } from './outbound/SipClient.ts';
import { SrfClient } from './outbound/SrfClient.ts';
import { SrfCall } from './SrfCall.ts';
import { ALLOW, OPTIONS_HEADERS } from './SrfDialog.ts';
import { header, sdpOf } from './srfParts.ts';

/** Requests outside of a call that we have no use for; drachtio-srf would answer some with 404. */
const NOT_TAKEN = ['register', 'subscribe', 'notify', 'message', 'publish', 'refer', 'update'];

/** What a caller may require: session timers (RFC 4028), reliable ringing (RFC 3262), Replaces (RFC 3891). */
const EXTENSIONS = new Set(['timer', '100rel', 'replaces']);

const RECONNECT_MAX_MS = 1_000;

export interface SipListenerOptions {
  /** Where the SIP server takes control connections: the embedded one, or a drachtio-server. */
  control: { host: string; port: number };
  secret: string;
  /** Whether anything of a call from this IP address is looked at; if not, it is refused with 403. */
  knows: (source: string) => boolean;
  /** Whether other requests from there are: as `knows`, which counts the calls that it refuses. */
  answers: (source: string) => boolean;
  /** Whether the far end of this TLS connection has shown a certificate that we trust. */
  certified: (source: string, port: number) => boolean;
  onCall: (call: InboundCall) => void;
  /** An INVITE from there was no good as a message. */
  onMalformed?: (source: string, code: number) => void;
  /** The connection is lost; it is made again by itself, but the calls are gone. */
  onLost: () => void;
  logger: Logger;
}

/** Our end of the SIP server's control connection: hands on what comes in. */
export class SipListener {
  readonly #options: SipListenerOptions;
  readonly #srf = new Srf();
  /** For calls and requests of ours. */
  readonly client: SipClient;
  #closed = false;

  constructor(options: SipListenerOptions) {
    this.#options = options;
    const { logger } = options;
    this.client = new SrfClient(this.#srf, logger);
    this.#srf.on('error', (error) => logger.warn({ err: error }, 'SIP server connection'));
    this.#srf.invite((req, res) => this.#onInvite(req, res));
    this.#answer('options', 200, OPTIONS_HEADERS);
    // RFC 6086 section 4.2.2: INFO lives in a call only.
    this.#answer('info', 481);
    for (const method of NOT_TAKEN) this.#answer(method, 405, { Allow: ALLOW });
  }

  /** Requests outside of a call. Strangers get what their calls get: nothing tells what we are. */
  #answer(method: string, status: number, headers: Record<string, string> = {}): void {
    this.#srf.use(method, (req, res) => {
      if (this.#options.answers(req.source_address)) res.send(status, { headers });
      else res.send(403);
    });
  }

  /**
   * Connects, trying again until `timeoutMs`. Gives the addresses that the SIP server listens on, as
   * `udp/127.0.0.1:5060`. Errors: `unavailable`, also when the secret is refused.
   */
  async connect(timeoutMs: number): Promise<string[]> {
    const { control, secret, onLost } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<string[]>();
    const where = `${control.host}:${control.port}`;
    const timer = setTimeout(
      () => reject(new AppError('unavailable', `No SIP server at ${where}.`)),
      timeoutMs,
    );
    this.#srf.on('connect', (error: unknown, hostports) => {
      if (error) {
        reject(new AppError('unavailable', `The SIP server at ${where} refuses the secret.`));
        return;
      }
      resolve(hostports.split(','));
    });
    const events: NodeJS.EventEmitter = this.#srf;
    events.on('close', () => {
      if (!this.#closed) onLost();
    });
    const reconnect = { retryMaxDelay: RECONNECT_MAX_MS };
    const config = { ...control, secret, reconnect };
    void this.#srf.connect(config);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Lets go of the SIP server. Twice is silent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#srf.disconnect();
    } catch (error) {
      // drachtio-srf throws when it has no connection just now.
      this.#options.logger.debug({ err: error }, 'SIP server connection was gone');
    }
  }

  #onInvite(req: Srf.SrfRequest, res: Srf.SrfResponse): void {
    if (!this.#options.knows(req.source_address)) {
      res.send(403);
      return;
    }
    const refusal = refusalOf(req);
    if (refusal) {
      this.#options.onMalformed?.(req.source_address, refusal.status);
      res.send(refusal.status, { headers: refusal.headers ?? {} });
      return;
    }
    const { logger, onCall, certified } = this.#options;
    const isCertified =
      req.protocol === 'tls' && certified(req.source_address, Number(req.source_port));
    const sdp = sdpOf(req) ?? '';
    onCall(new SrfCall({ srf: this.#srf, req, res, sdp, certified: isCertified, logger }));
  }
}

/** What is wrong with an INVITE as a message, before anybody asks who calls whom. */
function refusalOf(
  req: Srf.SrfRequest,
): { status: number; headers?: Record<string, string> } | undefined {
  if (!req.isNewInvite) return { status: 481 };
  // RFC 3261 section 8.1.1.8: without it there is nowhere to send the BYE.
  if (!req.has('Contact')) return { status: 400 };
  // Section 8.2.2.3.
  const unknown = unknownExtensions(header(req, 'Require') ?? '');
  if (unknown !== '') return { status: 420, headers: { Unsupported: unknown } };
  if (sdpOf(req) === undefined) return { status: 415, headers: { Accept: 'application/sdp' } };
  return undefined;
}

/** What of a `Require` is none of the extensions that the SIP server brings. */
function unknownExtensions(required: string): string {
  const tags = required.split(',').map((tag) => tag.trim());
  return tags.filter((tag) => tag !== '' && !EXTENSIONS.has(tag.toLowerCase())).join(', ');
}
