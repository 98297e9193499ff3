import { createHash } from 'node:crypto';
import type { GatewayTrunk } from '@switchroom/protocol';

const hash = (algorithm: string, text: string): string =>
  createHash(algorithm.replace('-', '')).update(text).digest('hex');

/** A trunk's user, as the server tells of it. For tests. */
export function digestUser(username: string, password: string, realm = 'switchroom') {
  const text = `${username}:${realm}:${password}`;
  const ha1 = { md5: hash('md5', text), sha256: hash('sha256', text) };
  return { username, realm, ha1 } satisfies GatewayTrunk['digest'];
}

export interface Answer {
  username: string;
  password: string;
  uri: string;
  algorithm?: 'MD5' | 'SHA-256';
  count?: number;
  /** Parameters that are not as they should be. */
  wrong?: Record<string, string>;
}

/** An Authorization header that answers a challenge, as a caller makes it (RFC 7616). For tests. */
export function authorizationFor(challenge: string, answer: Answer): string {
  const { username, password, uri, algorithm = 'SHA-256', count = 1 } = answer;
  const get = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
  const nc = count.toString(16).padStart(8, '0');
  const [realm, nonce, cnonce] = [get('realm'), get('nonce'), '0a4f113b'];
  const ha1 = hash(algorithm, `${username}:${realm}:${password}`);
  const ha2 = hash(algorithm, `INVITE:${uri}`);
  const response = hash(algorithm, [ha1, nonce, nc, cnonce, 'auth', ha2].join(':'));
  const quoted = { username, realm, nonce, uri, response, cnonce };
  const all = {
    ...Object.fromEntries(Object.entries(quoted).map(([name, value]) => [name, `"${value}"`])),
    algorithm,
    qop: 'auth',
    nc,
    ...answer.wrong,
  };
  return `Digest ${Object.entries(all)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')}`;
}
