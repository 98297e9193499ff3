// @ts-check
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { must } from './Fault.mjs';
import { checkSeal } from './seal.mjs';

const FIRST = '0'.repeat(64);

/**
 * Checks all seals of a DATA_DIR, and every sealed file by its hash. Nothing is decrypted. Throws a `Fault`.
 * @param {string} dataDirectory
 * @param {Set<string>} pins
 * @returns {Promise<import('./checkExport.mjs').Report>}
 */
export async function checkChain(dataDirectory, pins) {
  const vault = join(dataDirectory, 'vault');
  let previous = FIRST;
  let sequence = 0;
  let gone = 0;
  /** @type {Map<string, string>} */
  const lines = new Map();
  const keys = new Set();
  for await (const line of chainOf(vault)) {
    const where = `Seal ${sequence + 1} of the chain`;
    const { seal, key, hash } = checkSeal(line, where);
    must(seal.sequence === sequence + 1, `${where} has the number ${seal.sequence}.`);
    must(seal.previous === previous, `${where} does not follow the one before.`);
    if (pins.size > 0) {
      must(pins.has(key.fingerprint), `${where} is signed by another key: ${key.fingerprint}.`);
    }
    must(!lines.has(seal.recordingId), `${where} is a second one of ${seal.recordingId}.`);
    lines.set(seal.recordingId, line);
    keys.add(key.fingerprint);
    [previous, sequence] = [hash, seal.sequence];
    if (!(await checkFiles(vault, seal, line))) gone++;
  }
  for (const id of existsSync(vault) ? readdirSync(vault) : []) {
    const seal = join(vault, id, 'seal.json');
    must(
      !existsSync(seal) || lines.has(id) || existsSync(join(vault, id, 'state.open')),
      `Recording ${id} is sealed, but its seal is not in the chain; the chain was cut.`,
    );
  }
  const facts = [
    `${sequence} seals, each signed and following the one before; the last is ${previous}`,
    `${sequence - gone} recordings, every file as it was sealed`,
    `signed by ${[...keys].join(', ') || 'nobody'}`,
  ];
  const warnings = gone === 0 ? [] : [`${gone} sealed recordings are no longer in the vault.`];
  if (pins.size === 0) warnings.push('No key was pinned; give --key with the one you noted down.');
  return { title: `chain of ${dataDirectory}`, facts, warnings };
}

/**
 * The lines of the chain; in a store, and in a copy of it, each is a file of its own.
 * @param {string} vault
 * @returns {AsyncGenerator<string>}
 */
async function* chainOf(vault) {
  const path = join(vault, 'chain.jsonl');
  const pieces = join(vault, 'chain');
  if (existsSync(path)) {
    yield* createInterface({ input: createReadStream(path) });
    return;
  }
  must(existsSync(pieces), `There is no chain at ${path}.`);
  for (const name of readdirSync(pieces).sort()) {
    const line = readFileSync(join(pieces, name), 'utf8');
    must(
      line.endsWith('\n') && line.indexOf('\n') === line.length - 1,
      `chain/${name} is no line.`,
    );
    yield line.slice(0, -1);
  }
}

/**
 * False when nothing of the recording is there any more.
 * @param {string} vault
 * @param {import('./seal.mjs').Seal} seal
 * @param {string} line
 */
async function checkFiles(vault, { recordingId, files }, line) {
  const directory = join(vault, recordingId);
  if (!files.some(({ id }) => existsSync(join(directory, `${id}.sealed`)))) return false;
  const copy = join(directory, 'seal.json');
  must(
    existsSync(copy) && readFileSync(copy, 'utf8') === `${line}\n`,
    `${recordingId}/seal.json is not as in the chain.`,
  );
  for (const { id, sha256 } of files) {
    const name = `${recordingId}/${id}.sealed`;
    const path = join(directory, `${id}.sealed`);
    must(existsSync(path), `${name} is missing from the vault.`);
    const hash = createHash('sha256');
    const content = /** @type {AsyncIterable<Buffer>} */ (createReadStream(path));
    for await (const chunk of content) hash.update(chunk);
    must(hash.digest('hex') === sha256, `${name} was changed since it was sealed.`);
  }
  const known = new Set(files.map(({ id }) => `${id}.sealed`));
  for (const name of readdirSync(directory)) {
    must(!name.endsWith('.sealed') || known.has(name), `${recordingId}/${name} was added.`);
  }
  return true;
}
