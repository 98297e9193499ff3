import { createHash, randomBytes } from 'node:crypto';
import type { Credentials, SipAnswer } from './SipClient.ts';

interface Challenge {
  realm: string;
  nonce: string;
  opaque: string | undefined;
  algorithm: 'MD5' | 'SHA-256';
  /** Whether `auth` is asked for: without it the challenge is that of RFC 2069. */
  qop: boolean;
  stale: boolean;
}

/** The request as it will be signed. */
export interface Signed {
  method: string;
  /** Request-URI. */
  uri: string;
}

export interface ChallengeAnswer {
  /** `Authorization` or `Proxy-Authorization`. */
  name: string;
  value: string;
  /** The password was right, but the nonce too old. */
  stale: boolean;
}

const PARAMETER = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g;

/**
 * Answers a 401 or 407 (RFC 3261 section 22, RFC 7616, RFC 8760): the strongest challenge that we know.
 * Undefined when there is none.
 */
export function answerChallenge(
  answer: Pick<SipAnswer, 'status' | 'get'>,
  request: Signed,
  credentials: Credentials,
  cnonce: string = randomBytes(8).toString('hex'),
): ChallengeAnswer | undefined {
  const isProxy = answer.status === 407;
  const header = answer.get(isProxy ? 'Proxy-Authenticate' : 'WWW-Authenticate') ?? '';
  const challenges = parseChallenges(header);
  const challenge = challenges.find(({ algorithm }) => algorithm === 'SHA-256') ?? challenges[0];
  if (challenge === undefined) return undefined;
  return {
    name: isProxy ? 'Proxy-Authorization' : 'Authorization',
    value: respond(challenge, request, credentials, cnonce),
    stale: challenge.stale,
  };
}

function parseChallenges(header: string): Challenge[] {
  // Several headers come as one, with commas in between.
  return header
    .split(/(?:^|,)\s*Digest\s+/i)
    .slice(1)
    .map((text) => challengeOf(parameters(text)))
    .filter((challenge) => challenge !== undefined);
}

function parameters(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', quoted, token] of text.matchAll(PARAMETER)) {
    found.set(name.toLowerCase(), quoted ?? token ?? '');
  }
  return found;
}

function challengeOf(given: Map<string, string>): Challenge | undefined {
  // RFC 7616 section 3.3: MD5 when it says none.
  const name = (given.get('algorithm') ?? 'MD5').toUpperCase();
  const algorithm = name === 'MD5' || name === 'SHA-256' ? name : undefined;
  const qops = given.get('qop')?.split(/[\s,]+/);
  const [realm, nonce] = [given.get('realm'), given.get('nonce')];
  if (algorithm === undefined || realm === undefined || nonce === undefined) return undefined;
  if (qops !== undefined && !qops.includes('auth')) return undefined;
  const stale = given.get('stale')?.toLowerCase() === 'true';
  return { realm, nonce, opaque: given.get('opaque'), algorithm, qop: qops !== undefined, stale };
}

/** RFC 7616 section 3.4.1. A nonce is used once, so its count is always 1. */
function respond(
  challenge: Challenge,
  { method, uri }: Signed,
  { username, password }: Credentials,
  cnonce: string,
): string {
  const { realm, nonce, opaque, algorithm, qop } = challenge;
  const hash = (text: string): string =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text, 'utf8')
      .digest('hex');
  const ha1 = hash(`${username}:${unescaped(realm)}:${password}`);
  const ha2 = hash(`${method}:${uri}`);
  const nc = '00000001';
  const middle = qop ? `:${nc}:${cnonce}:auth:` : ':';
  const response = hash(`${ha1}:${unescaped(nonce)}${middle}${ha2}`);
  const parts = [
    `username="${username}"`,
    `realm="${realm}"`,
    `nonce="${nonce}"`,
    `uri="${uri}"`,
    `response="${response}"`,
    `algorithm=${algorithm}`,
    ...(qop ? ['qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`] : []),
    ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
  ];
  return `Digest ${parts.join(', ')}`;
}

function unescaped(quoted: string): string {
  return quoted.replace(/\\(.)/g, '$1');
}
