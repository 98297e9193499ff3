import { z } from 'zod';

/*
 * Native age recipients (https://age-encryption.org/v1), as `age-keygen` prints them: X25519 public keys in Bech32.
 */
const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
/** "age", as the checksum counts it: high bits, a zero, low bits. */
const PREFIX = [3, 3, 3, 0, 1, 7, 5];
const MOST = 10;

const recipient = z
  .string()
  .regex(/^age1[02-9ac-hj-np-z]{58}$/, 'must be an age recipient (age1…), or several with commas')
  .refine(hasRightChecksum, 'is mistyped: the checksum of the age recipient is wrong');

/** One recipient or several, comma separated; gives each once. */
export const ageRecipientsSchema = z
  .string()
  .max(1000)
  .transform(listed)
  .pipe(z.array(recipient).min(1).max(MOST));

/** The server's own key, among recipients. */
export const SERVER_RECIPIENT = 'server';

/** Whom recordings are encrypted to: recipients, the server's own among them by the word `server`. */
export const vaultRecipientsSchema = z.string().transform((text, context): string[] => {
  const all = listed(text);
  const others = all.filter((one) => one !== SERVER_RECIPIENT);
  const { error } = z.array(recipient).max(MOST).safeParse(others);
  const message =
    error?.issues[0]?.message ?? (all.length === 0 ? 'must name somebody' : undefined);
  if (message === undefined) return all;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

/** What is between commas, each once. */
function listed(text: string): string[] {
  return [...new Set(text.split(',').map((one) => one.trim()))].filter(Boolean);
}

/** BIP 173. */
function hasRightChecksum(text: string): boolean {
  const data = Array.from(text.slice('age1'.length), (letter) => ALPHABET.indexOf(letter));
  let sum = 1;
  for (const value of [...PREFIX, ...data]) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of GENERATOR.entries()) if ((top >> bit) & 1) sum ^= generator;
  }
  return sum === 1;
}
