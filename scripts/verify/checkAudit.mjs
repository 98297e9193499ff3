// @ts-check
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { must, parseJson } from './Fault.mjs';
import { strictLines } from './strictLines.mjs';

/*
 * The audit trail: entries of JSON in one form only (RFC 8785), one a line, each with its own hash and that of the
 * entry before (docs/compliance.md).
 */

const FIRST = '0'.repeat(64);
const CUT =
  'It does not end with its own export: this is a range that was asked for with `to`, or the end was cut off.';

/**
 * @typedef {object} AuditEntry
 * @property {number} seq
 * @property {string} action
 * @property {string} outcome
 * @property {{ type: string, id: string | null }} subject
 * @property {string} prev
 * @property {string | null} subjectPrev
 * @property {string} hash
 */

/**
 * The extract on one recording: every entry follows the one before on the same recording.
 * @param {string} text
 * @param {string} recordingId
 * @param {string} name of the file
 * @returns {number} how many entries
 */
export function checkExtract(text, recordingId, name) {
  const lines = text.split('\n');
  must(lines.pop() === '', `${name} has no end of line.`);
  /** @type {AuditEntry | undefined} */
  let before;
  for (const [index, line] of lines.entries()) {
    const where = `Entry ${index + 1} of ${name}`;
    const entry = entryOf(line, where);
    must(entry.subject.id === recordingId, `${where} is on another recording.`);
    must(entry.subjectPrev === (before?.hash ?? null), `${where} does not follow the one before.`);
    must(entry.seq > (before?.seq ?? 0), `${where} is older than the one before.`);
    before = entry;
  }
  return lines.length;
}

/**
 * A trail as `GET /audit/export` gives it, whole or a range of it. Throws a `Fault`.
 * @param {string} path
 * @param {(entry: AuditEntry) => void} [onEntry] told of each that is right, in order
 * @returns {Promise<import('./checkExport.mjs').Report>}
 */
export async function checkAudit(path, onEntry = () => {}) {
  /** @type {AuditEntry | undefined} */
  let before;
  let first = 0;
  for await (const line of strictLines(createReadStream(path), basename(path))) {
    const where = before ? `The entry after ${before.seq}` : 'The first entry';
    const entry = entryOf(line, where);
    if (before) {
      must(entry.seq === before.seq + 1, `${where} is missing; ${entry.seq} is there instead.`);
      must(entry.prev === before.hash, `${where} does not follow it.`);
    } else {
      must(entry.seq !== 1 || entry.prev === FIRST, `${where} says that one came before it.`);
      first = entry.seq;
    }
    before = entry;
    onEntry(entry);
  }
  must(before !== undefined, 'There is no entry.');
  const facts = [`entries ${first} to ${before.seq}, the last is ${before.hash}`];
  // An export is noted before it is sent, and is the last that it tells, but for a range that ends before.
  const isWhole = before.action === 'audit.exported';
  const warnings = [
    ...(isWhole ? [] : [CUT]),
    'This proves that nothing within was changed or left out. Compare the last hash with one noted down ' +
      'elsewhere, to know that nothing was made anew.',
  ];
  return { title: 'audit trail', facts, warnings };
}

/**
 * @param {string} line
 * @param {string} where
 * @returns {AuditEntry}
 */
function entryOf(line, where) {
  const value = parseJson(line, where);
  must(canonicalJson(value) === line, `${where} is not written as an entry is.`);
  const { hash, ...rest } = value;
  const right = createHash('sha256').update(canonicalJson(rest)).digest('hex');
  must(hash === right, `${where} was changed.`);
  return /** @type {AuditEntry} */ (/** @type {unknown} */ (value));
}

/**
 * JSON with members sorted by their names, and no blanks.
 * @param {unknown} value
 * @returns {string}
 */
function canonicalJson(value) {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
