import { inspect } from 'node:util';
import type { MediaSection } from './parseSdp.ts';

/** The crypto suites of SDES (RFC 4568 section 6.2, RFC 7714 section 14.2), the cheapest first. */
export const SRTP_SUITES = [
  'AEAD_AES_128_GCM',
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
] as const;
export type SrtpSuite = (typeof SRTP_SUITES)[number];

/** Whether a call's media is encrypted: `optional` takes what the other side offers. */
export type SrtpPolicy = 'off' | 'optional' | 'required';

const SALT_BYTES: Readonly<Record<SrtpSuite, number>> = {
  AEAD_AES_128_GCM: 12,
  AES_CM_128_HMAC_SHA1_80: 14,
  AES_CM_128_HMAC_SHA1_32: 14,
};
const KEY_BYTES = 16;

/** A master key and salt. It does not show in a log or in JSON. */
export class SrtpKey {
  readonly suite: SrtpSuite;
  readonly #bytes: Buffer;

  /** Throws `RangeError` for a key of the wrong length. */
  constructor(suite: SrtpSuite, bytes: Buffer) {
    if (bytes.length !== srtpKeyBytes(suite)) throw new RangeError('Not a key of this suite.');
    this.suite = suite;
    this.#bytes = bytes;
  }

  get key(): Buffer {
    return this.#bytes.subarray(0, KEY_BYTES);
  }

  get salt(): Buffer {
    return this.#bytes.subarray(KEY_BYTES);
  }

  /** As SDP carries it. */
  get inline(): string {
    return this.#bytes.toString('base64');
  }

  equals(other: SrtpKey | undefined): boolean {
    return other?.suite === this.suite && other.#bytes.equals(this.#bytes);
  }

  toJSON(): string {
    return `[key of ${this.suite}]`;
  }

  [inspect.custom](): string {
    return this.toJSON();
  }
}

/** One `a=crypto` line. */
export interface Crypto {
  tag: string;
  key: SrtpKey;
}

export function srtpKeyBytes(suite: SrtpSuite): number {
  return KEY_BYTES + SALT_BYTES[suite];
}

/** The best `a=crypto` line that we can do (RFC 4568 section 9.1); `undefined` when there is none. */
export function chooseCrypto(media: MediaSection): Crypto | undefined {
  const offered = media.attributes
    .filter(({ name }) => name === 'crypto')
    .map(({ value }) => parseCrypto(value ?? ''));
  for (const suite of SRTP_SUITES) {
    const found = offered.find((crypto) => crypto?.key.suite === suite);
    if (found) return found;
  }
  return undefined;
}

export function cryptoLine({ tag, key }: Crypto): string {
  return `a=crypto:${tag} ${key.suite} inline:${key.inline}`;
}

function parseCrypto(value: string): Crypto | undefined {
  const [tag, name, parameters, ...session] = value.split(/ +/);
  const suite = SRTP_SUITES.find((each) => each === name?.toUpperCase());
  if (!tag || !suite || !/^\d{1,9}$/.test(tag)) return undefined;
  // Unencrypted and unauthenticated SRTP are not for us; a window size is advice only.
  if (session.some((parameter) => !/^(-|WSH=)/i.test(parameter))) return undefined;
  const match = /^inline:([A-Za-z0-9+/=]+)((\|[^|;]*)*)$/i.exec(parameters ?? '');
  // A master key identifier ("1:4") would be in each packet, and several keys go with them.
  if (!match || /\|\d+:\d+/.test(match[2]!)) return undefined;
  const bytes = Buffer.from(match[1]!, 'base64');
  return bytes.length === srtpKeyBytes(suite) ? { tag, key: new SrtpKey(suite, bytes) } : undefined;
}
