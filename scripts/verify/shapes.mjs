// @ts-check
import { must, parseJson } from './Fault.mjs';

/*
 * What the signed files of an export hold (docs/recording-format.md). They are looked at once their signature was found
 * good, so that their members are what the server wrote.
 */

/**
 * @typedef {object} FileList
 * @property {string} recordingId
 * @property {string} exportedAt
 * @property {string} key fingerprint
 * @property {{ file: string, fromMs: number, toMs: number, what: string }[]} damage with times, or in a sealed export with
 *   what is wrong
 * @property {{ name: string, bytes: number, sha256: string }[]} files
 */

/**
 * @typedef {object} ManifestFile
 * @property {string} id
 * @property {string} sha256
 * @property {number} bytes
 * @property {number} startPosition
 * @property {number} endPosition
 * @property {number} preSkip
 * @property {string} content
 */

/**
 * Packets of a track that was ended in order.
 * @typedef {object} LedgerEntry
 * @property {string} track
 * @property {{ produced: number, received: number } | null} compared
 * @property {number} received
 * @property {number} written
 * @property {number} sounding
 */

/**
 * @typedef {object} Manifest
 * @property {string} title
 * @property {{ id: string, startedAt: string, durationMs: number }} recording
 * @property {{ file: string, fromMs: number, reason: string }[]} gaps
 * @property {ManifestFile[]} files
 * @property {LedgerEntry[]} ledger
 * @property {{ sequence: number, previous: string, sealedAt: string, key: string, exportKey: string | null }} seal
 */

/**
 * @param {Buffer} bytes
 * @param {string} type
 * @returns {FileList}
 */
export function parseFileList(bytes, type) {
  const list = parseJson(bytes, 'export.json');
  must(
    list['type'] === type && list['version'] === 1 && Array.isArray(list['files']),
    `export.json is not that of a ${type} of version 1.`,
  );
  return /** @type {FileList} */ (/** @type {unknown} */ (list));
}

/**
 * @param {Buffer} bytes
 * @returns {Manifest}
 */
export function parseManifest(bytes) {
  const manifest = parseJson(bytes, 'manifest.json');
  must(
    manifest['type'] === 'switchroom-manifest' && manifest['formatVersion'] === 2,
    'manifest.json is not a manifest of version 2.',
  );
  must(manifest['seal'] !== null, 'manifest.json is that of a recording which was not sealed.');
  return /** @type {Manifest} */ (/** @type {unknown} */ (manifest));
}
