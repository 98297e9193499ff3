// @ts-check
import { checkExtract } from './checkAudit.mjs';
import { checkLedger, ledgerWarnings } from './ledger.mjs';
import { checkList, checkManifest, checkNames, checkRecorder } from './exportFiles.mjs';
import { must } from './Fault.mjs';
import { oggContent } from './oggContent.mjs';
import { Zip } from './zip.mjs';

const OWN = ['manifest.json', 'mix.ogg', 'mix.wav', 'audit.jsonl'];
/** Samples. */
const MIX_FRAME = 960;
/** What the mix still codes of a sound that has ended, and its frame in which the next one begins. */
const MIX_EDGE = 3 * MIX_FRAME;
/** Gaps in which nothing came, or was written; the others begin where a file ends. */
const EMPTY = ['paused', 'server-lost', 'muted', 'no-packets'];
/** These are everyday: who is muted, or says nothing. */
const QUIET = ['muted', 'no-packets'];
const TRACK = /^tracks\/[A-Za-z0-9_-]{1,64}\.ogg$/;

/**
 * What was checked, for people.
 * @typedef {{ title: string, facts: string[], warnings: string[] }} Report
 */

/**
 * Checks an export, in an order in which the first `Fault` names what is wrong.
 * @param {string} path
 * @param {Set<string>} pins fingerprints of keys that are trusted; none: whatever keys are in it
 * @returns {Report}
 */
export function checkExport(path, pins) {
  const zip = new Zip(path);
  try {
    checkNames(zip, ['manifest.json'], (name) => OWN.includes(name) || TRACK.test(name));
    for (const name of zip.entries.keys()) zip.checkSum(name);
    const list = checkList(zip, 'switchroom-export');
    const { seal, recorderKey } = checkRecorder(zip, list);
    const manifest = checkManifest(zip.read('manifest.json'), seal, recorderKey);
    checkKeys(list, manifest, recorderKey, pins);
    checkSound(zip, manifest, list.damage);
    const audited = zip.entries.has('audit.jsonl')
      ? checkExtract(zip.read('audit.jsonl').toString(), seal.recordingId, 'audit.jsonl')
      : null;
    return reportOf({ zip, manifest, seal, list, recorderKey, isPinned: pins.size > 0, audited });
  } finally {
    zip.close();
  }
}

/**
 * @param {{ key: string }} list
 * @param {import('./shapes.mjs').Manifest} manifest
 * @param {{ fingerprint: string }} recorderKey
 * @param {Set<string>} pins
 */
function checkKeys(list, manifest, recorderKey, pins) {
  if (pins.size > 0) {
    const { fingerprint } = recorderKey;
    must(pins.has(fingerprint), `The recording was sealed by another key: ${fingerprint}.`);
  }
  must(
    list.key === manifest.seal.exportKey || pins.has(list.key),
    `export.json is signed by a key that the manifest does not name: ${list.key}.`,
  );
}

/**
 * @param {Zip} zip
 * @param {import('./shapes.mjs').Manifest} manifest
 * @param {{ file: string, fromMs: number, toMs: number }[]} damage
 */
function checkSound(zip, manifest, damage) {
  const names = new Set();
  for (const file of manifest.files) {
    const name = file.id === 'mix' ? 'mix.ogg' : `tracks/${file.id}.ogg`;
    names.add(name);
    const parts = damage.filter((one) => one.file === name);
    const places = parts.map(({ fromMs, toMs }) => `${fromMs} to ${toMs} ms`).join(', ');
    const why = places === '' ? '' : ` The server said so: damaged in its vault from ${places}.`;
    must(zip.entries.has(name), `${name} is in the manifest, but missing from the zip.${why}`);
    const found = oggContent(zip.chunks(name), name, pausesOf(manifest, file));
    must(found.preSkip === file.preSkip, `${name} has another pre-skip than its manifest.`);
    must(
      found.content === file.content,
      `${name} does not say what its manifest says it does.${why}`,
    );
    checkLedger(manifest, file.id, name, found);
    const wanted = file.endPosition - file.startPosition + file.preSkip;
    // A last frame that sounds is not cut: it can reach beyond the end by less than its own length.
    const isLonger = found.granule === found.written && found.granule - wanted < MIX_FRAME;
    must(
      found.granule === wanted || (file.id === 'mix' && found.granule > wanted && isLonger),
      `${name} is not as long as its manifest says.${why}`,
    );
    if (file.id === 'mix' && zip.entries.has('mix.wav')) {
      checkWav(zip, found.granule - found.preSkip);
    }
  }
  for (const name of zip.entries.keys()) {
    const isSound = TRACK.test(name) || name === 'mix.ogg';
    must(!isSound || names.has(name), `${name} is not in the manifest.`);
  }
}

/**
 * Where nothing may be, in samples of the file.
 * @param {import('./shapes.mjs').Manifest} manifest
 * @param {import('./shapes.mjs').ManifestFile} file
 */
function pausesOf({ gaps }, { id, startPosition }) {
  const edge = id === 'mix' ? MIX_EDGE : 0;
  return gaps
    .filter(({ file, reason }) => file === id && EMPTY.includes(reason))
    .map(({ fromMs, toMs }) => ({
      from: fromMs * 48 - startPosition + edge,
      to: (toMs ?? Infinity) * 48 - startPosition - edge,
    }));
}

/**
 * Its head, that is: it is made of mix.ogg, and only the list vouches for its sound.
 * @param {Zip} zip
 * @param {number} samples
 */
function checkWav(zip, samples) {
  const right = Buffer.alloc(44);
  right.write('RIFF\0\0\0\0WAVEfmt ', 'latin1');
  right.writeUInt32LE(36 + 2 * samples, 4);
  [16, 48_000, 96_000].forEach((value, i) => right.writeUInt32LE(value, [16, 24, 28][i]));
  [1, 1, 2, 16].forEach((value, i) => right.writeUInt16LE(value, [20, 22, 32, 34][i]));
  right.write('data', 36, 'latin1');
  right.writeUInt32LE(2 * samples, 40);
  const [head] = zip.chunks('mix.wav');
  must(head?.subarray(0, 44).equals(right) === true, 'mix.wav is not as long as the mix.');
  must(zip.entries.get('mix.wav')?.size === 44 + 2 * samples, 'mix.wav is not as long as the mix.');
}

/**
 * @param {{ zip: Zip, manifest: import('./shapes.mjs').Manifest, seal: import('./seal.mjs').Seal, list: import('./shapes.mjs').FileList,
 *   recorderKey: { fingerprint: string }, isPinned: boolean, audited: number | null }} parts
 * @returns {Report}
 */
function reportOf({ zip, manifest, seal, list, recorderKey, isPinned, audited }) {
  const { recording, gaps, files, consents, consentPolicy } = manifest;
  const tracks = files.filter(({ id }) => id !== 'mix').length;
  const facts = [
    `${zip.entries.size} files, each as the signed list export.json says (${list.exportedAt})`,
    `manifest and seal ${seal.sequence}, signed ${seal.sealedAt} by key ${recorderKey.fingerprint}`,
    `${tracks} ${tracks === 1 ? 'track' : 'tracks'} and the mix, packet by packet as the manifest says`,
  ];
  const agreed = whose(consents, ['button', 'key']);
  const silent = whose(consents).filter((id) => !agreed.includes(id));
  facts.push(
    `consent (${consentPolicy}): ${agreed.length} agreed, ${silent.length} ${silent.length === 1 ? 'was' : 'were'} told and did not answer`,
  );
  const quiet = gaps.filter(({ reason }) => QUIET.includes(reason)).length;
  if (quiet > 0) facts.push(`${quiet} gaps of tracks in which nothing came, muted or not`);
  if (audited !== null)
    facts.push(`${audited} entries of the audit trail, each following the one before`);
  const warnings = [];
  for (const { file, fromMs, toMs, reason, by } of gaps) {
    if (QUIET.includes(reason)) continue;
    const until = toMs !== null ? `to ${toMs} ms` : 'on';
    const who = by ? ` by ${JSON.stringify(by.name)}` : '';
    warnings.push(
      `The manifest states a gap: ${file}, from ${fromMs} ms ${until} (${reason}${who}).`,
    );
  }
  warnings.push(...ledgerWarnings(manifest));
  if (!isPinned) {
    warnings.push(
      'No key was pinned: this only proves that nothing was changed since somebody with the key above ' +
        'sealed it. Give --key with the fingerprint that you noted down.',
    );
  }
  const title = JSON.stringify(manifest.title);
  const name = `recording ${recording.id} of ${title}, ${recording.startedAt}`;
  return { title: `${name}, ${recording.durationMs} ms`, facts, warnings };
}

/**
 * The participants of these entries, each once.
 * @param {import('./shapes.mjs').Manifest['consents']} consents
 * @param {string[]} [ways]
 */
function whose(consents, ways) {
  const some = consents.filter(({ how }) => ways === undefined || ways.includes(how));
  return [...new Set(some.map(({ participantId }) => participantId))];
}
