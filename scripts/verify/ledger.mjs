// @ts-check
import { must } from './Fault.mjs';

/** @typedef {import('./shapes.mjs').LedgerEntry} LedgerEntry */

/**
 * What the recorder counted of a track, against the packets that are in it. An Ogg file has silence of the sender's and silence
 * that fills a gap: there `packets` are at least what was written, and only the rest can be counted anew; a sealed file has
 * just what was written (`isExact`). Throws a `Fault`.
 * @param {import('./shapes.mjs').Manifest} manifest
 * @param {string} id
 * @param {string} name
 * @param {{ sounding: number, packets: number, isExact?: boolean }} found
 */
export function checkLedger({ ledger }, id, name, { sounding, packets, isExact = false }) {
  for (const entry of ledger) {
    if (entry.track !== id) continue;
    must(isWhole(entry), `The ledger of track ${id} contradicts itself.`);
    const isSounding = entry.sounding === 'unknown' || entry.sounding === sounding;
    must(
      isSounding && (entry.written === 'unknown' || entry.written <= packets),
      `${name} has other packets than the ledger says: ${sounding}, not ${entry.sounding}.`,
    );
    // What was on the disk for sure as the recorder last counted may be less than there was.
    const isWritten = !isExact || entry.upToMs !== undefined || entry.written === packets;
    must(isWritten, `${name} has ${packets} packets, not ${entry.written} as the ledger says.`);
  }
}

/**
 * Tracks that nobody was left to count to their end.
 * @param {import('./shapes.mjs').Manifest} manifest
 */
export function ledgerWarnings({ ledger }) {
  return ledger.flatMap(({ track, upToMs, received, written }) =>
    upToMs === undefined
      ? []
      : `The ledger of track ${track} ends at ${upToMs} ms: ${received} packets received, ${written} written.`,
  );
}

/**
 * Each count is of what the one before counted. Only where its recorder died can something of a track be unknown.
 * @param {LedgerEntry} entry
 */
function isWhole({ received, written, sounding, compared, upToMs }) {
  const counts = [received, written, sounding];
  const known = counts.filter((count) => count !== 'unknown');
  if (known.length < counts.length && !Number.isFinite(upToMs)) return false;
  return (
    (compared === null || [compared.produced, compared.received].every(isCount)) &&
    known.every((count, at) => isCount(count) && count <= (known[at - 1] ?? count))
  );
}

/** @param {unknown} value */
function isCount(value) {
  return Number.isInteger(value) && Number(value) >= 0;
}
