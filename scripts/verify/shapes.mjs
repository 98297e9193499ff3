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
 * Packets of a track; `upToMs`: its recorder died, and had counted up to there.
 * @typedef {object} LedgerEntry
 * @property {string} track
 * @property {{ produced: number, received: number } | null} compared
 * @property {number | 'unknown'} received
 * @property {number | 'unknown'} written
 * @property {number | 'unknown'} sounding
 * @property {number} [upToMs]
 */

/**
 * @typedef {object} Manifest
 * @property {string} title
 * @property {{ id: string, startedAt: string, durationMs: number }} recording
 * @property {{ file: string, fromMs: number, toMs: number | null, reason: string, by?: { name: string | null } }[]} gaps
 * @property {string} consentPolicy
 * @property {{ participantId: string, name: string, how: string }[]} consents
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
  checkConsents(manifest);
  checkTimeline(manifest);
  return /** @type {Manifest} */ (/** @type {unknown} */ (manifest));
}

/**
 * What is said of consent and pauses has to say all of it: who, when, how and by which words.
 * @param {Record<string, unknown>} manifest
 */
function checkConsents({ consentPolicy, consents, gaps }) {
  must(
    ['notice', 'required'].includes(String(consentPolicy)) && Array.isArray(consents),
    'manifest.json does not say what was asked of those who were recorded.',
  );
  for (const [index, one] of /** @type {Record<string, unknown>[]} */ (consents).entries()) {
    const isWhole =
      ['shown', 'heard', 'button', 'key'].includes(String(one['how'])) &&
      ['notice', 'required'].includes(String(one['policy'])) &&
      ['participantId', 'name', 'language', 'words'].every((key) => isText(one[key])) &&
      Number.isFinite(one['atMs']) &&
      isText(one['at']) &&
      !Number.isNaN(Date.parse(String(one['at'])));
    must(isWhole, `manifest.json: consent ${index + 1} does not say who, when, how and to what.`);
  }
  for (const gap of /** @type {Record<string, unknown>[]} */ (gaps)) {
    if (gap['reason'] !== 'paused') continue;
    const by = /** @type {Record<string, unknown> | undefined} */ (gap['by']);
    must(by !== undefined && isText(by['kind']), 'manifest.json: a pause does not say by whom.');
  }
}

const EVENTS = ['joined', 'left', 'muted', 'unmuted', 'held', 'resumed', 'renamed'];

/**
 * What happened has to be told in words that the format has, with who and when.
 * @param {Record<string, unknown>} manifest
 */
function checkTimeline({ timeline }) {
  must(Array.isArray(timeline), 'manifest.json does not say who was there when.');
  for (const [index, one] of /** @type {Record<string, unknown>[]} */ (timeline).entries()) {
    const isWhole =
      EVENTS.includes(String(one['event'])) &&
      isText(one['participantId']) &&
      Number.isFinite(one['atMs']);
    must(isWhole, `manifest.json: event ${index + 1} does not say who, when and what.`);
  }
}

/** @param {unknown} value */
function isText(value) {
  return typeof value === 'string' && value !== '';
}
