import { AppError } from '@switchroom/protocol';
import type Srf from 'drachtio-srf';
import type { Logger } from 'pino';
import { SrfDialog } from '../SrfDialog.ts';
import { header } from '../srfParts.ts';
import { answerChallenge } from './clientDigest.ts';
import type {
  AnsweredInvite,
  Challenged,
  Credentials,
  InviteWatch,
  OutgoingInvite,
  OutgoingRequest,
  SipAnswer,
  SipClient,
} from './SipClient.ts';

/** drachtio-srf's types ask for other arguments than it takes. */
type SendRequest = (
  uri: string,
  options: { method: string; headers: Record<string, string>; proxy?: string },
  sent: (error: unknown, request: NodeJS.EventEmitter) => void,
) => void;

/** SIP itself is done with a request after 32 s (RFC 3261 section 17.1.2, timer F). */
const REQUEST_LIMIT_MS = 35_000;

/** Calls and requests of ours on drachtio-srf: translates, and decides nothing. */
export class SrfClient implements SipClient {
  readonly #srf: Srf;
  readonly #logger: Logger;
  /** Of the calls that are up, by Call-ID. */
  readonly #credentials = new Map<string, Credentials>();

  constructor(srf: Srf, logger: Logger) {
    this.#srf = srf;
    this.#logger = logger;
  }

  async request({ method, uri, hop, headers }: OutgoingRequest): Promise<SipAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<SipAnswer>();
    // Whatever becomes of the SIP server, or of the connection to it: who asks again later must come to that.
    const limit = setTimeout(() => reject(unsent(undefined)), REQUEST_LIMIT_MS);
    const send = this.#srf.request.bind(this.#srf) as unknown as SendRequest;
    const options = { method, headers, ...(hop === undefined ? {} : { proxy: hop }) };
    try {
      send(uri, options, (error, request) => {
        if (isError(error)) reject(unsent(error));
        else {
          request.on('response', (response: Srf.SrfResponse) => {
            if (response.status >= 200) resolve(answerOf(response));
          });
        }
      });
    } catch (error) {
      // It throws where it has no connection to the SIP server just now.
      reject(unsent(error));
    }
    return promise.finally(() => clearTimeout(limit));
  }

  invite(invite: OutgoingInvite, watch: InviteWatch): Promise<AnsweredInvite | SipAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<AnsweredInvite | SipAnswer>();
    const { uri, hop, headers, offer } = invite;
    let early = '';
    let cancel = (): void => undefined;
    const abort = (): void => cancel();
    watch.signal.addEventListener('abort', abort, { once: true });
    const end = (): void => watch.signal.removeEventListener('abort', abort);
    const onRequest = (error: unknown, request: Srf.SrfRequest | undefined): void => {
      if (isError(error)) return;
      cancel = () => request?.cancel(() => undefined);
      if (watch.signal.aborted) cancel();
    };
    const onEnd = (error: unknown, dialog: Srf.Dialog): void => {
      end();
      if (!isError(error)) resolve(this.#answered(dialog, invite, watch, early));
      else if (isRefusal(error)) resolve(answerOf(error.res));
      else reject(unsent(error));
    };
    try {
      // With a callback: a BYE on the heels of their 200 would find no listener after a promise.
      this.#srf.createUAC(
        uri,
        {
          headers: { ...headers, 'Content-Type': 'application/sdp' },
          localSdp: offer,
          ...(hop === undefined ? {} : { proxy: hop }),
        },
        {
          // drachtio-srf's types leave out that it also calls this with an error, and nothing else.
          cbRequest: onRequest as unknown as (invite: Srf.SrfRequest) => void,
          cbProvisional: (answer) => {
            // An answer in a reliable 183 need not be in the 200 again (RFC 3261 section 13.2.1).
            early = answer.body || early;
            watch.onProvisional(answer.status);
          },
        },
        onEnd,
      );
    } catch (error) {
      end();
      reject(unsent(error));
    }
    return promise;
  }

  authorize(challenged: Challenged): readonly [string, string] | undefined {
    const credentials = this.#credentials.get(challenged.callId);
    const answer = credentials && answerChallenge(challenged, challenged, credentials);
    return answer && [answer.name, answer.value];
  }

  /** Up; or hung up at once, where our CANCEL met their 200 and nobody wants the call any more. */
  async #answered(
    dialog: Srf.Dialog,
    { credentials }: OutgoingInvite,
    { signal }: InviteWatch,
    early: string,
  ): Promise<AnsweredInvite | SipAnswer> {
    const answer = dialog.remote.sdp || early;
    const { callId } = dialog.sip;
    if (credentials) this.#credentials.set(callId, credentials);
    const onOver = (): void => void this.#credentials.delete(callId);
    const call = new SrfDialog(dialog, this.#logger, {
      ...(credentials && { credentials }),
      onOver,
    });
    if (!signal.aborted) return { call, answer };
    await call.bye();
    return { status: 487, reason: 'Request Terminated', get: () => undefined };
  }
}

function answerOf(response: Srf.SrfResponse): SipAnswer {
  const { status, reason } = response;
  const headers = response as unknown as Pick<Srf.SrfRequest, 'has' | 'get'>;
  return { status, reason, get: (name) => header(headers, name) };
}

function isError(error: unknown): boolean {
  return error !== null && error !== undefined;
}

/** drachtio-srf's `SipError`. */
function isRefusal(error: unknown): error is { res: Srf.SrfResponse } {
  return error instanceof Error && 'status' in error && 'res' in error;
}

function unsent(cause: unknown): AppError {
  return new AppError('unavailable', 'The SIP server did not send it.', { cause });
}
