// @ts-check
import { createDecipheriv, createHash } from 'node:crypto';
import { openAge } from './age.mjs';
import { must, parseJson } from './Fault.mjs';

/*
 * Files as they lie in the vault (docs/recording-format.md), opened with an age identity. A file is taken whole into
 * memory: two hours of a track are some 30 MB.
 */

/** Magic 6, version 2, length of the age file 4. */
const PREFIX_BYTES = 12;
const VERSION = 2;
/** Length 4, type 1, clock 6, mark 32. */
const RECORD_HEAD_BYTES = 43;
const TAG_BYTES = 16;
const MOST_BYTES = 4 * 1024 * 1024;
const DATA = 1;
const END = 2;

/**
 * @typedef {object} SealedFile
 * @property {Buffer} bytes
 * @property {number} start of its records
 * @property {Buffer} key
 * @property {Buffer} digest of its head
 * @property {string} fileId
 * @property {string} recordingId
 * @property {string} name
 * @property {string} content
 * @property {number} startPosition
 * @property {number} preSkip
 */

/**
 * A part that opens (`isEnd`: the end record, which has no content), or `null` in the place of bytes that do not.
 * @typedef {{ clock: number, plaintext: Buffer, isEnd: boolean } | null} Part
 */

/**
 * Opens a file's head. Throws a `Fault`.
 * @param {Buffer} bytes
 * @param {import('./age.mjs').Identity[]} identities
 * @param {string} where
 * @returns {SealedFile}
 */
export function openSealed(bytes, identities, where) {
  const isOurs = bytes.length >= PREFIX_BYTES && bytes.toString('latin1', 0, 6) === 'SWSEAL';
  must(isOurs, `${where} is not a sealed file.`);
  must(bytes.readUInt16BE(6) === VERSION, `${where} is of an unknown version.`);
  const start = PREFIX_BYTES + bytes.readUInt32BE(8);
  must(start <= bytes.length, `${where} has no whole head.`);
  const head = openAge(bytes.subarray(PREFIX_BYTES, start), identities, `The head of ${where}`);
  must(head !== null, `${where} is sealed to somebody else: the identity given does not open it.`);
  const { key, ...info } = parseJson(head, `The head of ${where}`);
  const file = /** @type {Omit<SealedFile, 'bytes' | 'start' | 'key' | 'digest'>} */ (
    /** @type {unknown} */ (info)
  );
  const digest = createHash('sha256').update(bytes.subarray(0, start)).digest();
  return { ...file, bytes, start, digest, key: Buffer.from(String(key), 'base64') };
}

/**
 * Its records in order; what does not open is gone around.
 * @param {SealedFile} file
 * @returns {Generator<Part>}
 */
export function* partsOf(file) {
  const { bytes, start } = file;
  let at = start;
  for (let number = 0; at < bytes.length; number += 1) {
    const record = recordAt(file, at, number);
    if (record === null) {
      yield null;
      const next = findRecord(file, at + 1, number + 1);
      if (next === null) return;
      at = next;
      continue;
    }
    at += record.length;
    if (record.isEnd && at < bytes.length) yield null;
    yield record;
    if (record.isEnd) return;
  }
}

/**
 * The packets of a data record of a track.
 * @param {Buffer} plaintext
 * @param {string} where
 */
export function packetsOf(plaintext, where) {
  /** @type {{ position: number, payload: Buffer }[]} */
  const packets = [];
  for (let at = 0; at < plaintext.length;) {
    must(at + 8 <= plaintext.length, `${where} has a packet that is not whole.`);
    const end = at + 8 + plaintext.readUInt16BE(at + 6);
    must(end <= plaintext.length, `${where} has a packet that is not whole.`);
    packets.push({
      position: plaintext.readUIntBE(at, 6),
      payload: plaintext.subarray(at + 8, end),
    });
    at = end;
  }
  return packets;
}

/**
 * Where the record of this number begins at the earliest: only one that opens can be it.
 * @param {SealedFile} file
 * @param {number} from
 * @param {number} number
 */
function findRecord(file, from, number) {
  const until = Math.min(file.bytes.length - RECORD_HEAD_BYTES, from + MOST_BYTES);
  for (let at = from; at <= until; at += 1) if (recordAt(file, at, number) !== null) return at;
  return null;
}

/**
 * @param {SealedFile} file
 * @param {number} at
 * @param {number} number
 */
function recordAt({ bytes, key, digest }, at, number) {
  if (at + RECORD_HEAD_BYTES + TAG_BYTES > bytes.length) return null;
  const length = RECORD_HEAD_BYTES + bytes.readUInt32BE(at);
  const type = bytes.readUInt8(at + 4);
  if ((type !== DATA && type !== END) || at + length > bytes.length) return null;
  if (length < RECORD_HEAD_BYTES + TAG_BYTES || length > RECORD_HEAD_BYTES + MOST_BYTES)
    return null;
  const record = bytes.subarray(at, at + length);
  const [counter, nonce] = [Buffer.alloc(8), Buffer.alloc(12)];
  counter.writeBigUInt64BE(BigInt(number));
  counter.copy(nonce, 4);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.concat([digest, counter, record.subarray(0, RECORD_HEAD_BYTES)]));
  decipher.setAuthTag(record.subarray(-TAG_BYTES));
  const plaintext = decipher.update(record.subarray(RECORD_HEAD_BYTES, -TAG_BYTES));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return { length, clock: record.readUIntBE(5, 6), plaintext, isEnd: type === END };
}
