import { createHash, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { Decrypter, Encrypter } from 'age-encryption';
import { z } from 'zod';
import { identitiesOf, recipientsOf } from './recipients.ts';
import { SealError } from './SealError.ts';

/*
 * The head of a sealed file (docs/recording-format.md): magic, version, length, and an age file that
 * holds the file key and what the file is. Records are bound to the SHA-256 of all of it.
 */

const MAGIC = Buffer.from('SWSEAL', 'ascii');
const VERSION = 2;
/** Magic 6, version 2, length of the age file 4. */
const PREFIX_BYTES = 12;
/** An honest age file is about 500 bytes, and 110 for each recipient. */
const MAX_AGE_BYTES = 64 * 1024;

const headerSchema = z.object({
  /** 128 random bits, hexadecimal. */
  fileId: z.string().regex(/^[0-9a-f]{32}$/),
  /** AES-256 key, base64. */
  key: z.string().length(44),
  recordingId: z.string().max(64),
  /** Which file of the recording: a track id, `mix`, `index` or `manifest`. */
  name: z.string().max(64),
  content: z.enum(['opus', 'index', 'manifest']),
  /** Opus only: where the file begins on the recording's clock, in samples of 48 kHz. */
  startPosition: z.int().nonnegative(),
  /** Opus only: samples that a decoder gives before the first one at `startPosition`. */
  preSkip: z.int().min(0).max(0xffff),
});
export type SealedHeader = z.infer<typeof headerSchema>;

/** What a file is; its key and id are made with it. */
export type SealedFileInfo = Omit<SealedHeader, 'fileId' | 'key'>;

export interface EncodedHeader {
  bytes: Buffer;
  key: KeyObject;
  /** SHA-256 of `bytes`. */
  digest: Buffer;
}

/** Makes a head with a fresh key. `recipient` is an age recipient, `age1…`, or several with commas. */
export async function createHeader(
  info: SealedFileInfo,
  recipient: string,
): Promise<EncodedHeader> {
  const key = randomBytes(32);
  const header: SealedHeader = {
    ...info,
    fileId: randomBytes(16).toString('hex'),
    key: key.toString('base64'),
  };
  const encrypter = new Encrypter();
  for (const one of recipientsOf(recipient)) encrypter.addRecipient(one);
  const age = await encrypter.encrypt(JSON.stringify(header));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  MAGIC.copy(prefix);
  prefix.writeUInt16BE(VERSION, 6);
  prefix.writeUInt32BE(age.length, 8);
  const bytes = Buffer.concat([prefix, age]);
  return { bytes, key: createSecretKey(key), digest: digestOf(bytes) };
}

/**
 * Length of the head in bytes, from at least its first 12; `null` when there are fewer.
 * Errors: `SealError('unknown-format')`.
 */
export function headerLength(start: Buffer): number | null {
  if (start.length < PREFIX_BYTES) return null;
  if (!start.subarray(0, 6).equals(MAGIC)) {
    throw new SealError('unknown-format', 'This is not a sealed file of a recording.');
  }
  const version = start.readUInt16BE(6);
  if (version !== VERSION) {
    throw new SealError('unknown-format', `Sealed file version ${version} is not known.`);
  }
  const ageBytes = start.readUInt32BE(8);
  if (ageBytes > MAX_AGE_BYTES) {
    throw new SealError('unknown-format', 'The head of the sealed file is too long.');
  }
  return PREFIX_BYTES + ageBytes;
}

export interface OpenedHeader {
  header: SealedHeader;
  key: KeyObject;
  digest: Buffer;
}

/** Opens a whole head with an age identity, or with one of several, a line each. Errors: `SealError`. */
export async function openHeader(bytes: Buffer, identity: string): Promise<OpenedHeader> {
  const decrypter = new Decrypter();
  for (const one of identitiesOf(identity)) decrypter.addIdentity(one);
  let text: string;
  try {
    text = await decrypter.decrypt(bytes.subarray(PREFIX_BYTES), 'text');
  } catch (cause) {
    // Age does not say which of the two it is in a way that a program could rely on.
    const noMatch = cause instanceof Error && /no identity matched/i.test(cause.message);
    if (noMatch) throw new SealError('wrong-key', 'No key here opens this file.', { cause });
    throw new SealError('tampered', 'The head of the sealed file was changed.', { cause });
  }
  const parsed = headerSchema.safeParse(JSON.parse(text));
  if (!parsed.success) {
    throw new SealError('unknown-format', 'The head of the sealed file is not understood.');
  }
  const key = createSecretKey(parsed.data.key, 'base64');
  return { header: parsed.data, key, digest: digestOf(bytes) };
}

function digestOf(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
