import { createHash, timingSafeEqual } from 'node:crypto';
import type { GatewayTrunk } from '@switchroom/protocol';
import { uriUser } from '../nameAddr.ts';
import { parseCredentials, type Credentials } from './credentials.ts';
import { Nonces } from './Nonces.ts';

export type DigestUser = NonNullable<GatewayTrunk['digest']>;

/** As much of an INVITE as its digest covers. */
export interface SignedRequest {
  /** Of all Authorization headers, or empty. */
  readonly authorization: string;
  /** Request-URI. */
  readonly uri: string;
}

export type DigestVerdict<T> =
  | { type: 'right'; of: T }
  /** `stale`: the password was right, but the nonce is spent. */
  | { type: 'challenge'; value: string };

/**
 * In this order, since callers that know MD5 alone often read no header but the first (SIPp 3.6 does).
 * Who prefers SHA-256 may take it (RFC 8760 section 2.4).
 */
const ALGORITHMS = ['MD5', 'SHA-256'] as const;

/** Compared against for users that there are not, so that they take as long as others. */
const NOBODY = { md5: '0'.repeat(32), sha256: '0'.repeat(64) };

/** Digest authentication of INVITEs (RFC 3261 section 22, RFC 7616, RFC 8760). Keeps no password. */
export class Digest {
  readonly #nonces = new Nonces();
  readonly #now: () => number;

  /** `now` is in ms since 1970. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Whose credentials came with an INVITE, among these; or what to ask its sender for. */
  check<T>(
    request: SignedRequest,
    users: readonly { of: T; digest: DigestUser }[],
  ): DigestVerdict<T> {
    let stale = false;
    for (const given of parseCredentials(request.authorization)) {
      const user = users.find(
        ({ digest }) => digest.username === given.username && digest.realm === given.realm,
      );
      const isRight = matches(given, user?.digest.ha1 ?? NOBODY) && isAbout(given, request);
      if (!user || !isRight) continue;
      if (this.#nonces.use(given.nonce, given.count, this.#now())) {
        return { type: 'right', of: user.of };
      }
      stale = true;
    }
    const realms = [...new Set(users.map(({ digest }) => digest.realm))];
    return { type: 'challenge', value: this.#challenge(realms, stale) };
  }

  /**
   * The value of WWW-Authenticate, one for each realm and algorithm. They must not share a header
   * (RFC 3261 section 7.3.1), and drachtio-srf would join an array by commas: hence the line breaks.
   */
  #challenge(realms: readonly string[], stale: boolean): string {
    const nonce = this.#nonces.issue(this.#now());
    return realms
      .flatMap((realm) =>
        ALGORITHMS.map(
          (algorithm) =>
            `Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${stale ? ', stale=true' : ''}`,
        ),
      )
      .join('\r\nWWW-Authenticate: ');
  }
}

/** RFC 7616 section 3.4.1, compared in constant time. */
function matches(given: Credentials, ha1s: { md5: string; sha256: string }): boolean {
  const { algorithm, nonce, nc, cnonce, uri } = given;
  const [name, ha1] = algorithm === 'MD5' ? ['md5', ha1s.md5] : ['sha256', ha1s.sha256];
  const hash = (text: string): string => createHash(name).update(text, 'utf8').digest('hex');
  const ha2 = hash(`INVITE:${uri}`);
  const expected = Buffer.from(hash(`${ha1}:${nonce}:${nc}:${cnonce}:auth:${ha2}`));
  const actual = Buffer.from(given.response);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/**
 * Proxies may rewrite the host of a Request-URI, but who is called must be what was signed, if
 * anybody was: some sign the server's address alone.
 */
function isAbout(given: Credentials, request: SignedRequest): boolean {
  const signed = uriUser(given.uri);
  return signed === '' || signed === uriUser(request.uri);
}
