// @ts-check
import { checkExport } from './checkExport.mjs';
import { checkSealed, isSealedExport } from './checkSealed.mjs';
import { Zip } from './zip.mjs';

/**
 * Checks an export of either kind. Throws a `Fault`.
 * @param {string} path
 * @param {Set<string>} pins
 * @param {import('./age.mjs').Identity[]} identities
 * @returns {import('./checkExport.mjs').Report}
 */
export function checkAny(path, pins, identities) {
  const zip = new Zip(path);
  const isSealed = isSealedExport(zip);
  zip.close();
  return isSealed ? checkSealed(path, pins, identities) : checkExport(path, pins);
}
