/** What an Authorization header of the Digest scheme says (RFC 7616 section 3.4). */
export interface Credentials {
  username: string;
  realm: string;
  nonce: string;
  uri: string;
  /** Hexadecimal. */
  response: string;
  algorithm: 'MD5' | 'SHA-256';
  cnonce: string;
  /** How often the nonce was used, this time included; as it stands in the header, and as a number. */
  nc: string;
  count: number;
}

/** More than any phone sends. */
const MAX_LENGTH = 4096;
const PARAMETER = /([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g;

/**
 * All credentials of these headers that we could check: with qop=auth, and an algorithm of ours. What
 * cannot be read, or lacks anything, is left out.
 */
export function parseCredentials(authorization: string): Credentials[] {
  if (authorization.length > MAX_LENGTH) return [];
  // Several headers come as one, with commas in between.
  return authorization
    .split(/(?:^|,)\s*Digest\s+/i)
    .slice(1)
    .map((text) => credentialsOf(parameters(text)))
    .filter((credentials) => credentials !== undefined);
}

function parameters(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', quoted, token] of text.matchAll(PARAMETER)) {
    found.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? token ?? '');
  }
  return found;
}

function credentialsOf(given: Map<string, string>): Credentials | undefined {
  const get = (name: string): string => given.get(name) ?? '';
  // RFC 7616 section 3.3: MD5 when it says none.
  const name = (given.get('algorithm') ?? 'MD5').toUpperCase();
  const algorithm = name === 'MD5' || name === 'SHA-256' ? name : undefined;
  const nc = get('nc');
  const isWhole = get('qop') === 'auth' && /^[\da-f]{8}$/i.test(nc) && get('cnonce') !== '';
  if (!algorithm || !isWhole) return undefined;
  return {
    username: get('username'),
    realm: get('realm'),
    nonce: get('nonce'),
    uri: get('uri'),
    response: get('response').toLowerCase(),
    algorithm,
    cnonce: get('cnonce'),
    nc,
    count: Number.parseInt(nc, 16),
  };
}
