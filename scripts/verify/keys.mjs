// @ts-check
import { createHash, createPublicKey, verify } from 'node:crypto';
import { Fault, must } from './Fault.mjs';

/**
 * @typedef {{ fingerprint: string, check(bytes: Uint8Array, signature: Uint8Array): boolean }} Key
 */

/**
 * A public key from DER (SubjectPublicKeyInfo), base64.
 * @param {unknown} text
 * @param {string} where it is from
 * @returns {Key & { pem: string }}
 */
export function keyOf(text, where) {
  const broken = `The key in ${where} is not an Ed25519 public key.`;
  must(typeof text === 'string', broken);
  const der = Buffer.from(text, 'base64');
  must(der.toString('base64') === text, broken);
  let key;
  try {
    key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch {
    throw new Fault(broken);
  }
  must(key.asymmetricKeyType === 'ed25519', broken);
  must(key.export({ format: 'der', type: 'spki' }).equals(der), broken);
  const made = key;
  return {
    fingerprint: createHash('sha256').update(der).digest('hex'),
    pem: made.export({ format: 'pem', type: 'spki' }).toString(),
    check: (bytes, signature) => verify(null, bytes, made, signature),
  };
}

/**
 * A public key from PEM, which must be written the one usual way.
 * @param {Buffer} pem
 * @param {string} where
 */
export function keyOfPem(pem, where) {
  let text;
  try {
    text = createPublicKey(pem).export({ format: 'der', type: 'spki' }).toString('base64');
  } catch {
    throw new Fault(`${where} is not a public key.`);
  }
  const key = keyOf(text, where);
  must(key.pem === pem.toString('latin1'), `${where} was changed.`);
  return key;
}

/**
 * A fingerprint as people give it: with or without `sha256:`, colons and capitals.
 * @param {string} text
 */
export function fingerprint(text) {
  const digits = text
    .toLowerCase()
    .replace(/^sha256:/, '')
    .replaceAll(':', '');
  if (!/^[0-9a-f]{64}$/.test(digits)) throw new TypeError(`${text} is not a fingerprint.`);
  return digits;
}
