import { randomBytes, randomUUID } from 'node:crypto';
import { answerChallenge } from './clientDigest.ts';
import type { Credentials, SipAnswer } from './SipClient.ts';

/** Once more for a nonce that was too old, and not for ever. */
const MAX_STALE = 2;

export interface ThreadOptions {
  method: string;
  /** Request-URI. */
  uri: string;
  /** Address of the sender, as `<sip:a@b>`. */
  from: string;
  credentials: Credentials | undefined;
}

/** The tries at one request: the same Call-ID and From tag, a higher CSeq each time (RFC 3261 sections 10.2, 22.2). */
export class Thread {
  readonly #options: ThreadOptions;
  readonly #callId = randomUUID();
  readonly #from: string;
  #seq = 1;

  constructor(options: ThreadOptions) {
    this.#options = options;
    this.#from = `${options.from};tag=${randomBytes(6).toString('hex')}`;
  }

  /**
   * Calls `send` with the headers that make it a part of this thread; where the answer is a challenge, once more
   * with the credentials.
   */
  async send<T extends object>(
    send: (headers: Record<string, string>) => Promise<T | SipAnswer>,
  ): Promise<T | SipAnswer> {
    const { method, credentials } = this.#options;
    let signed: Record<string, string> = {};
    for (let stale = 0; ;) {
      const result = await send({ ...this.#next(method), ...signed });
      if (!('status' in result) || !credentials) return result;
      const { status } = result;
      if (status !== 401 && status !== 407) return result;
      const answer = answerChallenge(result, this.#options, credentials);
      if (!answer) return result;
      const isKnown = answer.name in signed;
      if (isKnown && (!answer.stale || ++stale > MAX_STALE)) return result;
      // A proxy and the server behind it may each want one.
      signed = { ...signed, [answer.name]: answer.value };
    }
  }

  #next(method: string): Record<string, string> {
    return {
      From: this.#from,
      'Call-ID': this.#callId,
      CSeq: `${this.#seq++} ${method}`,
    };
  }
}
