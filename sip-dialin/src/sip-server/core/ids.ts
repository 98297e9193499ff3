import { randomBytes, randomInt } from 'node:crypto';

const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

/** A tag or the tail of a branch: over 70 random bits (RFC 3261 section 19.3 asks for 32). */
export function randomToken(): string {
  return Array.from(randomBytes(13), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

/** The first CSeq of a dialog: small enough to count up for ever (RFC 3261 section 8.1.1.5). */
export function initialSeq(): number {
  return randomInt(1, 2 ** 27);
}
