// @ts-check
import { createHash } from 'node:crypto';
import { must, parseJson } from './Fault.mjs';
import { keyOf } from './keys.mjs';

/** @typedef {{ id: string, sha256: string, bytes: number }} SealedFile */
/**
 * @typedef {object} Seal
 * @property {number} sequence
 * @property {string} previous
 * @property {string} recordingId
 * @property {string} sealedAt
 * @property {{ sha256: string, signature: string }} manifest
 * @property {SealedFile[]} files
 * @property {string[]} recipients fingerprints of whom they are encrypted to
 * @property {string | null} exportKey fingerprint
 */

/**
 * A line of the chain whose signature is right.
 * @param {string} line without its end
 * @param {string} where
 * @returns {{ seal: Seal, key: ReturnType<typeof keyOf>, hash: string }}
 */
export function checkSeal(line, where) {
  const value = parseJson(line, where);
  must(JSON.stringify(value) === line, `${where} is not written as a seal is.`);
  const { signature, ...body } = value;
  must(
    body['type'] === 'switchroom-seal' && body['version'] === 1,
    `${where} is not a seal of version 1.`,
  );
  const key = keyOf(body['key'], where);
  must(typeof signature === 'string', `${where} has no signature.`);
  const bytes = Buffer.from(signature, 'base64');
  const right =
    bytes.toString('base64') === signature && key.check(Buffer.from(JSON.stringify(body)), bytes);
  must(right, `The signature of ${where} is wrong.`);
  const seal = /** @type {Seal} */ (/** @type {unknown} */ (body));
  return { seal, key, hash: createHash('sha256').update(line).digest('hex') };
}
