// @ts-check
import { checkExtract } from './checkAudit.mjs';
import { checkList, checkManifest, checkNames, checkRecorder, sha256 } from './exportFiles.mjs';
import { must } from './Fault.mjs';
import { checkLedger } from './ledger.mjs';
import { checkTrack, openNamed, wholeContent } from './sealedContent.mjs';
import { Zip } from './zip.mjs';

/** @typedef {import('./checkExport.mjs').Report} Report */
/** @typedef {import('./age.mjs').Identity[]} Identities */

const SEALED = /^sealed\/[A-Za-z0-9_-]{1,64}\.sealed$/;
const MANIFEST = 'sealed/manifest.sealed';
const INDEX = 'sealed/index.sealed';
/** Files of the seal that are no sound. */
const NO_SOUND = ['index', 'manifest'];

/** @param {string} id */
const nameOf = (id) => `sealed/${id}.sealed`;

/** @param {Zip} zip */
export function isSealedExport(zip) {
  const names = [...zip.entries.keys()];
  if (names.includes(MANIFEST)) return true;
  return !names.includes('manifest.json') && names.some((name) => name.startsWith('sealed/'));
}

/**
 * Checks an export of the files as they lie in the vault, in an order in which the first `Fault` names what is wrong. With
 * identities they are opened, and what they say is checked as well.
 * @param {string} path
 * @param {Set<string>} pins fingerprints of keys that are trusted; none: whatever keys are in it
 * @param {Identities} identities
 * @returns {Report}
 */
export function checkSealed(path, pins, identities) {
  const zip = new Zip(path);
  try {
    checkNames(zip, [], (name) => name === 'audit.jsonl' || SEALED.test(name));
    for (const name of zip.entries.keys()) zip.checkSum(name);
    const list = checkList(zip, 'switchroom-sealed-export');
    const { seal, recorderKey } = checkRecorder(zip, list);
    checkKeys(list, seal, recorderKey, pins);
    checkFiles(zip, seal, list.damage);
    const audited = zip.entries.has('audit.jsonl')
      ? checkExtract(zip.read('audit.jsonl').toString(), seal.recordingId, 'audit.jsonl')
      : null;
    const facts = [
      `${zip.entries.size} files, each as the signed list export.json says (${list.exportedAt})`,
      `seal ${seal.sequence}, signed ${seal.sealedAt} by key ${recorderKey.fingerprint}`,
      `${seal.files.length} sealed files, each as it was sealed, for ${seal.recipients.join(', ')}`,
    ];
    if (audited !== null) {
      facts.push(`${audited} entries of the audit trail, each following the one before`);
    }
    const warnings = [];
    if (identities.length === 0) {
      warnings.push('Nothing was opened. Give --identity to have what the files say checked too.');
    } else facts.push(checkContents(zip, seal, recorderKey, identities));
    if (pins.size === 0) {
      warnings.push(
        'No key was pinned: this only proves that nothing was changed since somebody with the key above ' +
          'sealed it. Give --key with the fingerprint that you noted down.',
      );
    }
    return { title: `sealed recording ${seal.recordingId}`, facts, warnings };
  } finally {
    zip.close();
  }
}

/**
 * The recorder's key, and that its seal names the one that signed this export.
 * @param {{ key: string }} list
 * @param {import('./seal.mjs').Seal} seal
 * @param {{ fingerprint: string }} recorderKey
 * @param {Set<string>} pins
 */
function checkKeys(list, seal, { fingerprint }, pins) {
  const isTrusted = pins.size === 0 || pins.has(fingerprint);
  must(isTrusted, `The recording was sealed by another key: ${fingerprint}.`);
  must(
    list.key === seal.exportKey || pins.has(list.key),
    `export.json is signed by a key that seal.json does not name: ${list.key}.`,
  );
}

/**
 * @param {Zip} zip
 * @param {import('./seal.mjs').Seal} seal
 * @param {{ file: string, what: string }[]} damage
 */
function checkFiles(zip, seal, damage) {
  const names = new Set(seal.files.map(({ id }) => nameOf(id)));
  for (const { id, sha256: hash, bytes } of seal.files) {
    const name = nameOf(id);
    const told = damage.find(({ file }) => file === name);
    const why = told ? ` The server said so: ${told.what} in its vault.` : '';
    const entry = zip.entries.get(name);
    must(entry !== undefined, `${name} is in the seal, but missing from the zip.${why}`);
    const same = entry.size === bytes && sha256(zip.chunks(name)) === hash;
    must(same, `${name} is not as it was sealed.${why}`);
  }
  for (const name of zip.entries.keys()) {
    must(!SEALED.test(name) || names.has(name), `${name} is not in the seal.`);
  }
}

/**
 * @param {Zip} zip
 * @param {import('./seal.mjs').Seal} seal
 * @param {import('./exportFiles.mjs').Key} recorderKey
 * @param {Identities} identities
 * @returns {string} what was found good
 */
function checkContents(zip, seal, recorderKey, identities) {
  const { recordingId } = seal;
  const which = { recordingId, id: 'manifest', name: MANIFEST };
  const bytes = wholeContent(openNamed(zip.read(MANIFEST), identities, which), MANIFEST);
  const manifest = checkManifest(bytes, seal, recorderKey);
  const { title, recording, files } = manifest;
  must(
    files.length === seal.files.filter(({ id }) => !NO_SOUND.includes(id)).length,
    'seal.json has another number of files than the manifest.',
  );
  // What it says is a help to find a place, and nobody's word on what was said.
  if (zip.entries.has(INDEX)) {
    wholeContent(
      openNamed(zip.read(INDEX), identities, { recordingId, id: 'index', name: INDEX }),
      INDEX,
    );
  }
  for (const file of files) {
    const name = nameOf(file.id);
    const sealed = openNamed(zip.read(name), identities, { recordingId, id: file.id, name });
    checkLedger(manifest, file.id, name, checkTrack(sealed, file, name));
  }
  const when = `${recording.startedAt}, ${recording.durationMs} ms`;
  return `opened: ${JSON.stringify(title)}, ${when}, ${files.length} files, packet by packet as the manifest says`;
}
