// @ts-check

/** What is wrong, in words that name it. Everything else that is thrown is a fault of this program. */
export class Fault extends Error {}

/**
 * @param {boolean} good
 * @param {string} message
 * @returns {asserts good}
 */
export function must(good, message) {
  if (!good) throw new Fault(message);
}

/**
 * JSON that must be there and be an object.
 * @param {Buffer | string} text
 * @param {string} name
 * @returns {Record<string, unknown>}
 */
export function parseJson(text, name) {
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(text.toString());
  } catch {
    throw new Fault(`${name} is not JSON.`);
  }
  must(typeof value === 'object' && value !== null, `${name} is not an object.`);
  return /** @type {Record<string, unknown>} */ (value);
}
