import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isSignedBy, type SigningKey } from './SigningKey.ts';

/*
 * A seal: one line of JSON that says which files a recording consists of, by their hashes, and which seal
 * came before it. It is in the clear and tells ids, hashes and times only. Its last member is the signature
 * of the line without it.
 */

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const sealSchema = z.object({
  type: z.literal('switchroom-seal'),
  version: z.literal(1),
  /** 1 for the first of a vault. */
  sequence: z.int().positive(),
  /** SHA-256 of the line before; of the first: zeros. */
  previous: sha256,
  recordingId: z.string().max(64),
  sealedAt: z.iso.datetime(),
  /** Of the manifest in the clear, as it is exported; signed by the same key. */
  manifest: z.object({ sha256, signature: z.base64() }),
  /** The files as they lie in the vault, the manifest's too. */
  files: z.array(z.object({ id: z.string().max(64), sha256, bytes: z.int().nonnegative() })),
  /** Fingerprints of the age recipients that they are encrypted to (recipients.ts). */
  recipients: z.array(sha256),
  /** Fingerprint of the key that the server signs exports with, as far as it was known. */
  exportKey: sha256.nullable(),
  /** Ed25519, SubjectPublicKeyInfo, base64. */
  key: z.base64(),
  signature: z.base64(),
});
export type Seal = z.infer<typeof sealSchema>;

/** What comes before the first seal. */
export const NO_SEAL: string = '0'.repeat(64);
/** Within the recording's directory. */
export const SEAL_FILE = 'seal.json';
/** Within the vault: all seals, one a line. */
export const CHAIN_FILE = 'chain.jsonl';

/** The line, without its end. */
export function signSeal(seal: Omit<Seal, 'key' | 'signature'>, key: SigningKey): string {
  const body = { ...seal, key: key.publicKey };
  const signature = key.sign(Buffer.from(JSON.stringify(body))).toString('base64');
  return JSON.stringify({ ...body, signature });
}

/** Whether the signature of a line, without its end, is right, by the key that it names. */
export function isSealSigned(line: string): boolean {
  const value = JSON.parse(line) as Seal;
  const { signature, ...body } = value;
  const bytes = Buffer.from(JSON.stringify(body));
  return JSON.stringify(value) === line && isSignedBy(body.key, bytes, signature);
}

export function hashOfSeal(line: string): string {
  return createHash('sha256').update(line).digest('hex');
}
