// @ts-check
import { must } from './Fault.mjs';
import { checkSeal } from './seal.mjs';
import { textOf } from './textOf.mjs';

/** @typedef {import('./FolderPlace.mjs').Place} Place */

/**
 * What is known of a chain once all of it was followed.
 * @typedef {object} Followed
 * @property {ReadonlySet<string>} known the recordings in it
 * @property {number} sequence of its last seal
 * @property {number} sealedAt the latest, in ms since 1970
 */

const SEAL = 'seal.json';
/** There as long as a recording is made, and for a moment after its seal is in the chain. */
const JOURNAL = 'state.open';

/** What lies in a vault or a bucket beside the recordings (docs/recording-format.md). */
const OURS = new Set(['chain', '.checked', '.moved']);

/**
 * A recorder that dies between a seal and its end leaves both; the next one finishes that as it starts, another one that lives
 * within seconds. Where recordings were sealed so much later, it was finished long ago.
 */
const FINISHED_MS = 3_600_000;

/**
 * What lies in a place that no seal of the chain accounts for. Throws a `Fault` where nobody but a stranger leaves it so.
 * @param {Place} place
 * @param {ReadonlyMap<string, readonly string[]>} folders as they were before the chain was read
 * @param {Followed} chain
 * @returns {Promise<string[]>} what it may be, in words
 */
export async function checkStrays(place, folders, chain) {
  /** @type {string[]} */
  const halfSealed = [];
  /** @type {string[]} */
  const open = [];
  /** @type {string[]} */
  const strange = [];
  for (const [id, before] of folders) {
    const isAccounted = chain.known.has(id) && !before.includes(JOURNAL);
    if (OURS.has(id) || before.length === 0 || isAccounted) continue;
    // What was sealed, moved or deleted while the chain was read is none of it.
    const now = new Set(await place.names(id, true));
    const names = before.filter((name) => now.has(name));
    if (names.includes(SEAL)) {
      if (await isHalfSealed(place, id, names, chain)) halfSealed.push(id);
    } else if (!now.has(SEAL) && !chain.known.has(id)) {
      if (names.includes(JOURNAL)) open.push(id);
      else if (names.length > 0 && now.size > 0) strange.push(id);
    }
  }
  /** @type {(ids: string[], what: string) => string[]} */
  const note = (ids, what) =>
    ids.length === 0 ? [] : [`${ids.join(', ')} in ${place.label}: ${what}.`];
  return [
    ...note(
      halfSealed,
      'a seal and a state.open; a recorder is about to finish, or died just then',
    ),
    ...note(open, 'no seal but a state.open; it is being made, or was left open'),
    ...note(strange, 'no seal, no state.open, and not in the chain; no recorder leaves it so'),
  ];
}

/**
 * Whether a seal has a `state.open` beside it, and may.
 * @param {Place} place
 * @param {string} id
 * @param {readonly string[]} names
 * @param {Followed} chain
 */
async function isHalfSealed(place, id, names, { known, sequence, sealedAt }) {
  const isOpen = names.includes(JOURNAL);
  const cut = `Recording ${id} is sealed, but its seal is not in the chain; the chain was cut.`;
  must(known.has(id) || isOpen, cut);
  if (!isOpen) return false;
  const line = await textOf(place, `${id}/${SEAL}`);
  // It went from one moment to the next.
  if (line === null) return false;
  const { seal } = checkSeal(line.replace(/\n$/, ''), `${id}/${SEAL}`);
  // A seal that a crash kept from the chain was to be the next one, and its number may be another's by now.
  must(known.has(id) || seal.sequence <= sequence + 1, cut);
  const isLate = sealedAt - Date.parse(seal.sealedAt) > FINISHED_MS;
  must(!isLate, `${id}/${JOURNAL} lies beside a seal, long after any recorder would have left it.`);
  return true;
}
