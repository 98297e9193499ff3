// @ts-check
import { must } from './Fault.mjs';

/*
 * Bech32 (BIP 173), as age writes keys.
 */

const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const CHECKSUM = 6;

/**
 * The bytes in a text of this prefix; all of one case. Throws a `Fault` that does not tell the text.
 * @param {string} text
 * @param {string} prefix in lower case
 */
export function fromBech32(text, prefix) {
  const lower = text.toLowerCase();
  const broken = 'A key is mistyped: it is not as age-keygen writes it.';
  must(text === lower || text === text.toUpperCase(), broken);
  must(lower.startsWith(`${prefix}1`), broken);
  const values = Array.from(lower.slice(prefix.length + 1), (letter) => ALPHABET.indexOf(letter));
  must(!values.includes(-1) && values.length > CHECKSUM, broken);
  const codes = Array.from(prefix, (letter) => letter.charCodeAt(0));
  const all = [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...values];
  must(checksum(all) === 1, broken);
  const bytes = [];
  let [bits, count] = [0, 0];
  for (const value of values.slice(0, -CHECKSUM)) {
    bits = ((bits << 5) | value) & 0xfff;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes.push((bits >> count) & 0xff);
  }
  return Buffer.from(bytes);
}

/** @param {number[]} values */
function checksum(values) {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of GENERATOR.entries()) if ((top >> bit) & 1) sum ^= generator;
  }
  return sum;
}
