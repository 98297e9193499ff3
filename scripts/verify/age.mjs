// @ts-check
import {
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';
import { fromBech32 } from './bech32.mjs';
import { Fault, must } from './Fault.mjs';

/*
 * Opens age files (https://age-encryption.org/v1) for X25519 identities, with nothing but Node.js.
 */

/** What DER puts before the 32 bytes of a key (RFC 8410). */
const PRIVATE = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC = Buffer.from('302a300506032b656e032100', 'hex');
const INTRO = 'age-encryption.org/v1';
const CHUNK = 64 * 1024;
const TAG = 16;

/** @typedef {{ secret: import('node:crypto').KeyObject, recipient: Buffer }} Identity */

/**
 * The identities in a file as `age-keygen` writes it. Throws a `Fault`.
 * @param {string} text
 * @returns {Identity[]}
 */
export function parseIdentities(text) {
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
  must(keys.length > 0, 'The identity file has no identity in it.');
  return keys.map((key) => {
    const bytes = fromBech32(key, 'age-secret-key-');
    must(bytes.length === 32, 'An identity is not one of X25519.');
    const secret = createPrivateKey({
      ...{ key: Buffer.concat([PRIVATE, bytes]), format: 'der', type: 'pkcs8' },
    });
    const recipient = createPublicKey(secret).export({ format: 'der', type: 'spki' });
    return { secret, recipient: recipient.subarray(PUBLIC.length) };
  });
}

/**
 * What is in an age file; `null` when none of the identities opens it. Throws a `Fault` when it was changed.
 * @param {Buffer} file
 * @param {Identity[]} identities
 * @param {string} where
 * @returns {Buffer | null}
 */
export function openAge(file, identities, where) {
  const { stanzas, signed, mac, rest } = parseHead(file, where);
  const fileKey = unwrap(stanzas, identities);
  if (fileKey === null) return null;
  const right = createHmac('sha256', hkdf(fileKey, '', 'header'))
    .update(signed)
    .digest();
  const same = mac.length === right.length && timingSafeEqual(mac, right);
  must(same, `${where} was changed.`);
  return openStream(rest, fileKey, where);
}

/**
 * @param {Buffer} file
 * @param {string} where
 */
function parseHead(file, where) {
  const broken = `${where} is no age file.`;
  const macAt = file.indexOf('\n--- ');
  const end = macAt < 0 ? -1 : file.indexOf('\n', macAt + 1);
  must(end > 0, broken);
  const [intro, ...lines] = file.toString('latin1', 0, macAt).split('\n');
  must(intro === INTRO, broken);
  /** @type {{ args: string[], body: Buffer }[]} */
  const stanzas = [];
  for (const line of lines) {
    if (line.startsWith('-> '))
      stanzas.push({ args: line.split(' ').slice(1), body: Buffer.alloc(0) });
    const last = stanzas.at(-1);
    must(last !== undefined, broken);
    if (!line.startsWith('-> '))
      last.body = Buffer.concat([last.body, Buffer.from(line, 'base64')]);
  }
  const signed = file.subarray(0, macAt + '\n---'.length);
  const mac = Buffer.from(file.toString('latin1', macAt + '\n--- '.length, end), 'base64');
  return { stanzas, signed, mac, rest: file.subarray(end + 1) };
}

/**
 * @param {{ args: string[], body: Buffer }[]} stanzas
 * @param {Identity[]} identities
 */
function unwrap(stanzas, identities) {
  for (const { args, body } of stanzas) {
    const share = Buffer.from(args[1] ?? '', 'base64');
    if (args[0] !== 'X25519' || share.length !== 32 || body.length !== 16 + TAG) continue;
    for (const { secret, recipient } of identities) {
      const key = Buffer.concat([PUBLIC, share]);
      const publicKey = createPublicKey({ key, format: 'der', type: 'spki' });
      try {
        const shared = diffieHellman({ privateKey: secret, publicKey });
        const salt = Buffer.concat([share, recipient]);
        return chacha(hkdf(shared, salt, `${INTRO}/X25519`), Buffer.alloc(12), body);
      } catch {
        // For somebody else.
      }
    }
  }
  return null;
}

/**
 * The payload: chunks of 64 KiB, each with its number, the last one marked.
 * @param {Buffer} payload
 * @param {Buffer} fileKey
 * @param {string} where
 */
function openStream(payload, fileKey, where) {
  const key = hkdf(fileKey, payload.subarray(0, 16), 'payload');
  const parts = [];
  const nonce = Buffer.alloc(12);
  for (let at = 16, count = 0, isLast = false; !isLast; at += CHUNK + TAG, count += 1) {
    isLast = at + CHUNK + TAG >= payload.length;
    nonce.writeUIntBE(count, 5, 6);
    nonce[11] = isLast ? 1 : 0;
    try {
      parts.push(chacha(key, nonce, payload.subarray(at, at + CHUNK + TAG)));
    } catch {
      throw new Fault(`${where} was changed.`);
    }
  }
  return Buffer.concat(parts);
}

/**
 * @param {Buffer} key
 * @param {Buffer | string} salt
 * @param {string} info
 */
function hkdf(key, salt, info) {
  return Buffer.from(hkdfSync('sha256', key, salt, info, 32));
}

/**
 * @param {Buffer} key
 * @param {Buffer} nonce
 * @param {Buffer} sealed
 */
function chacha(key, nonce, sealed) {
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG });
  decipher.setAuthTag(sealed.subarray(-TAG));
  const content = decipher.update(sealed.subarray(0, -TAG));
  decipher.final();
  return content;
}
