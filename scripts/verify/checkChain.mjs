// @ts-check
import { createHash } from 'node:crypto';
import { checkStrays } from './checkStrays.mjs';
import { must } from './Fault.mjs';
import { fewAtATime } from './fewAtATime.mjs';
import { checkSeal } from './seal.mjs';
import { textOf } from './textOf.mjs';

/** @typedef {import('./FolderPlace.mjs').Place} Place */

const FIRST = '0'.repeat(64);

/**
 * At work at the same time: a store takes as long to begin an answer as to give a small file. Little enough that none is asked to
 * slow down.
 */
const AT_ONCE = { recordings: 4, files: 3 };

/**
 * Checks all seals of the first place's chain, every sealed file by its hash in the first place that has the recording, and what
 * other places have of the chain. Nothing is decrypted. Throws a `Fault`, or an `Error` of a place that cannot be read: the
 * first in the order of the chain, whichever is found first.
 * @param {readonly [Place, ...Place[]]} places
 * @param {Set<string>} pins
 * @param {ReadonlySet<string>} [deleted] recordings whose deletion is proved; without it, all that are gone are told
 * @returns {Promise<import('./checkExport.mjs').Report>}
 */
export async function checkChain(places, pins, deleted) {
  const [main, ...others] = places;
  // Before the chain is read: what is sealed or moved meanwhile is not missing from it.
  const before = [];
  for (const place of places) before.push({ place, folders: await place.folders() });
  /** @type {ChainCopy[]} */
  const copies = [];
  for (const place of others) copies.push(await ChainCopy.of(place));
  const chain = new Chain(pins);
  /** @type {string[]} */
  const gone = [];
  /** @type {Map<Place, number>} */
  const found = new Map(places.map((place) => [place, 0]));
  const looked = fewAtATime(chain.follow(main), AT_ONCE.recordings, async ({ seal, line }) => {
    for (const copy of copies) await copy.check(seal.sequence, line);
    return { id: seal.recordingId, at: await whereAll(places, seal, line) };
  });
  for await (const { id, at } of looked) {
    if (at !== null) {
      found.set(at, (found.get(at) ?? 0) + 1);
      continue;
    }
    const isProved = deleted?.has(id) ?? true;
    must(isProved, `Recording ${id} is gone, and the audit trail tells of no deletion.`);
    gone.push(id);
  }
  const strays = [];
  for (const { place, folders } of before)
    strays.push(...(await checkStrays(place, folders, chain)));
  for (const copy of copies) copy.end(chain.sequence);
  const elsewhere = others.map((place) => `, ${found.get(place) ?? 0} of them in ${place.label}`);
  const facts = [
    `${chain.sequence} seals, each signed and following the one before; the last is ${chain.last}`,
    `${chain.sequence - gone.length} recordings, every file as it was sealed${elsewhere.join('')}`,
    ...(deleted ? [`${gone.length} recordings gone, each deleted as the audit trail says`] : []),
    ...copies.map(({ fact }) => fact),
    `signed by ${[...chain.keys].join(', ') || 'nobody'}`,
  ];
  const warnings = [...copies.flatMap(({ warnings }) => warnings), ...strays];
  if (gone.length > 0 && !deleted) warnings.unshift(goneWords(gone, others));
  if (pins.size === 0) warnings.push('No key was pinned; give --key with the one you noted down.');
  return { title: `chain of ${main.label}`, facts, warnings };
}

/** The seals of a chain, as far as it was followed. */
class Chain {
  sequence = 0;
  /** Hash of the last. */
  last = FIRST;
  /** The latest, in ms since 1970. */
  sealedAt = 0;
  /**
   * The recordings in it.
   * @type {Set<string>}
   */
  known = new Set();
  /**
   * Fingerprints of whose keys signed.
   * @type {Set<string>}
   */
  keys = new Set();
  /** @type {Set<string>} */
  #pins;

  /** @param {Set<string>} pins */
  constructor(pins) {
    this.#pins = pins;
  }

  /**
   * Each seal that is right and follows the one before.
   * @param {Place} place
   * @returns {AsyncGenerator<{ seal: import('./seal.mjs').Seal, line: string }>}
   */
  async *follow(place) {
    for await (const line of chainOf(place)) {
      const where = `Seal ${this.sequence + 1} of the chain`;
      const { seal, key, hash } = checkSeal(line, where);
      must(seal.sequence === this.sequence + 1, `${where} has the number ${seal.sequence}.`);
      must(seal.previous === this.last, `${where} does not follow the one before.`);
      if (this.#pins.size > 0) {
        const isPinned = this.#pins.has(key.fingerprint);
        must(isPinned, `${where} is signed by another key: ${key.fingerprint}.`);
      }
      must(!this.known.has(seal.recordingId), `${where} is a second one of ${seal.recordingId}.`);
      this.known.add(seal.recordingId);
      this.keys.add(key.fingerprint);
      [this.last, this.sequence] = [hash, seal.sequence];
      this.sealedAt = Math.max(this.sealedAt, Date.parse(seal.sealedAt));
      yield { seal, line };
    }
  }
}

/** What a place beside the first has of the chain: each seal it has must be one of the first. */
class ChainCopy {
  /** @type {Place} */
  #place;
  /** @type {Set<string>} */
  #names;
  #same = 0;
  #missing = 0;

  /**
   * @param {Place} place
   * @param {string[]} names
   */
  constructor(place, names) {
    this.#place = place;
    this.#names = new Set(names);
  }

  /** @param {Place} place */
  static async of(place) {
    return new ChainCopy(place, await place.names('chain'));
  }

  /**
   * @param {number} sequence
   * @param {string} line
   */
  async check(sequence, line) {
    const name = `${String(sequence).padStart(10, '0')}.json`;
    if (!this.#names.delete(name)) {
      this.#missing++;
      return;
    }
    const copy = await textOf(this.#place, `chain/${name}`);
    must(copy === `${line}\n`, `Seal ${sequence} is another one in ${this.#place.label}.`);
    this.#same++;
  }

  /** @param {number} sequence the last */
  end(sequence) {
    const [more] = this.#names;
    must(
      more === undefined,
      `${this.#place.label} has chain/${more}, but the chain ends at ${sequence}; it was cut.`,
    );
  }

  get fact() {
    return `${this.#same} seals are the same in ${this.#place.label}`;
  }

  get warnings() {
    return this.#missing === 0 ? [] : [`${this.#missing} seals are not in ${this.#place.label}.`];
  }
}

/**
 * The lines of the chain; in a bucket, and in a copy of it, each is a file of its own.
 * @param {Place} place
 * @returns {AsyncGenerator<string>}
 */
async function* chainOf(place) {
  const lines = await place.lines();
  if (lines !== null) {
    yield* lines;
    return;
  }
  const names = await place.names('chain');
  must(names.length > 0, `There is no chain in ${place.label}.`);
  yield* fewAtATime(names, AT_ONCE.files, async (name) => {
    const line = (await textOf(place, `chain/${name}`)) ?? '';
    must(
      line.endsWith('\n') && line.indexOf('\n') === line.length - 1,
      `chain/${name} is no line.`,
    );
    return line.slice(0, -1);
  });
}

/**
 * The first place that has a recording, all of it checked; null when nothing of it is anywhere.
 * @param {readonly Place[]} places
 * @param {import('./seal.mjs').Seal} seal
 * @param {string} line
 */
async function whereAll(places, seal, line) {
  for (const place of places) {
    const names = await place.names(seal.recordingId);
    // What is deleted or moved goes as a whole: whatever is left of one was left by somebody else.
    if (names.length === 0) continue;
    try {
      await checkFiles(place, names, seal, line);
      return place;
    } catch (error) {
      // All of it is moved on or deleted from one moment to the next, maybe while it was read.
      const isGone = (await place.names(seal.recordingId, true)).length === 0;
      if (!isGone) throw error;
    }
  }
  return null;
}

/**
 * @param {Place} place
 * @param {string[]} names
 * @param {import('./seal.mjs').Seal} seal
 * @param {string} line
 */
async function checkFiles(place, names, { recordingId, files }, line) {
  must(
    (await textOf(place, `${recordingId}/seal.json`)) === `${line}\n`,
    `${recordingId}/seal.json is not as in the chain.`,
  );
  const read = fewAtATime(files, AT_ONCE.files, async ({ id, sha256 }) => {
    const name = `${recordingId}/${id}.sealed`;
    const content = await place.open(name);
    must(content !== null, `${name} is missing from the vault.`);
    const hash = createHash('sha256');
    for await (const chunk of content) hash.update(chunk);
    must(hash.digest('hex') === sha256, `${name} was changed since it was sealed.`);
  });
  // Only what they throw counts.
  while ((await read.next()).done !== true);
  const known = new Set(files.map(({ id }) => `${id}.sealed`));
  for (const name of names) {
    must(!name.endsWith('.sealed') || known.has(name), `${recordingId}/${name} was added.`);
  }
}

/**
 * @param {readonly string[]} gone
 * @param {readonly Place[]} others
 */
function goneWords(gone, others) {
  const where = ['in the vault', ...others.map(({ label }) => `in ${label}`)].join(' or ');
  return `${gone.length} sealed recordings are no longer ${where}: ${gone.join(', ')}. Whether they were deleted, --audit tells.`;
}
