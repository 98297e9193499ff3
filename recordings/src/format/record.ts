import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { SealError } from './SealError.ts';

/*
 * One record: length u32 (of ciphertext and tag), type u8, clock u48, mark (32 bytes), ciphertext, tag. The nonce is the
 * record's number; the associated data is the digest of the file's head, the number and the record's
 * own head. So no record can be changed, left out, moved, or come from another file.
 */

export const RECORD_DATA = 1;
/** The last record of a file that was ended in order. */
export const RECORD_END = 2;

export const MARK_BYTES = 32;
const MARK_OFFSET = 11;
export const RECORD_HEAD_BYTES = MARK_OFFSET + MARK_BYTES;
const TAG_BYTES = 16;
/** Longer ones are not ours: half a second of Opus is at most 32 kB, a manifest is cut in parts. */
const MAX_RECORD_BYTES = 4 * 1024 * 1024;
export const MAX_PLAINTEXT_BYTES = MAX_RECORD_BYTES - TAG_BYTES;

export interface RecordHead {
  /** Bytes that follow the head. */
  length: number;
  type: typeof RECORD_DATA | typeof RECORD_END;
  /** How far the recording's clock was, in samples of 48 kHz. In the clear, but authenticated. */
  clock: number;
  /** The content's digest up to here, masked; zeros where there is none. In the clear, but authenticated. */
  mark: Buffer;
}

export interface FileKey {
  /** An object, since making one of bytes for each record costs as much as the cipher. */
  key: KeyObject;
  /** SHA-256 of the file's head. */
  digest: Buffer;
}

/** The record as it stands in the file. `number` counts from 0 and is used once for a key. */
export function sealRecord(
  file: FileKey,
  number: number,
  head: Omit<RecordHead, 'length'>,
  plaintext: Uint8Array,
): Buffer {
  const record = Buffer.alloc(RECORD_HEAD_BYTES + plaintext.length + TAG_BYTES);
  record.writeUInt32BE(plaintext.length + TAG_BYTES, 0);
  record.writeUInt8(head.type, 4);
  record.writeUIntBE(head.clock, 5, 6);
  head.mark.copy(record, MARK_OFFSET);
  const cipher = createCipheriv('aes-256-gcm', file.key, nonce(number));
  cipher.setAAD(associatedData(file.digest, number, record));
  cipher.update(plaintext).copy(record, RECORD_HEAD_BYTES);
  cipher.final();
  cipher.getAuthTag().copy(record, RECORD_HEAD_BYTES + plaintext.length);
  return record;
}

/** The head at the start of `bytes`, or `null` when what stands there cannot be one. */
export function parseRecordHead(bytes: Buffer): RecordHead | null {
  if (bytes.length < RECORD_HEAD_BYTES) return null;
  const length = bytes.readUInt32BE(0);
  const type = bytes.readUInt8(4);
  if (type !== RECORD_DATA && type !== RECORD_END) return null;
  if (length < TAG_BYTES || length > MAX_RECORD_BYTES) return null;
  const mark = Buffer.from(bytes.subarray(MARK_OFFSET, RECORD_HEAD_BYTES));
  return { length, type, clock: bytes.readUIntBE(5, 6), mark };
}

/** The plaintext of a whole record. Errors: `SealError('tampered')`. */
export function openRecord(file: FileKey, number: number, record: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', file.key, nonce(number), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(associatedData(file.digest, number, record));
  decipher.setAuthTag(record.subarray(record.length - TAG_BYTES));
  const plaintext = decipher.update(record.subarray(RECORD_HEAD_BYTES, record.length - TAG_BYTES));
  try {
    decipher.final();
  } catch (cause) {
    throw new SealError('tampered', `Record ${number} was changed or moved.`, { cause });
  }
  return plaintext;
}

function nonce(number: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeBigUInt64BE(BigInt(number), 4);
  return bytes;
}

function associatedData(digest: Buffer, number: number, record: Buffer): Buffer {
  const bytes = Buffer.alloc(digest.length + 8 + RECORD_HEAD_BYTES);
  digest.copy(bytes);
  bytes.writeBigUInt64BE(BigInt(number), digest.length);
  record.copy(bytes, digest.length + 8, 0, RECORD_HEAD_BYTES);
  return bytes;
}
