import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

/** A random secret of so many bits, base64url. */
export function randomToken(bits: number): string {
  return randomBytes(bits / 8).toString('base64url');
}

const PIN_DIGITS = 6;

/** What a caller keys: six digits. */
export function randomPin(): string {
  return String(randomInt(10 ** PIN_DIGITS)).padStart(PIN_DIGITS, '0');
}

export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Compares in constant time, whatever the lengths. */
export function equalSecrets(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}
