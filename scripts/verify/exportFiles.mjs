// @ts-check
import { createHash } from 'node:crypto';
import { must } from './Fault.mjs';
import { keyOfPem } from './keys.mjs';
import { checkSeal } from './seal.mjs';
import { parseFileList, parseManifest } from './shapes.mjs';

/*
 * What both kinds of export have: the signed list of all files, and what the recorder signed.
 */

/** @typedef {import('./zip.mjs').Zip} Zip */
/** @typedef {ReturnType<typeof keyOfPem>} Key */

const REQUIRED = [
  ...['manifest.sig', 'seal.json', 'keys/recorder.pem', 'keys/export.pem'],
  ...['export.json', 'export.sig'],
];
/** They sign all the others. */
const LIST = ['export.json', 'export.sig'];

/**
 * @param {Zip} zip
 * @param {string[]} required besides what every export has
 * @param {(name: string) => boolean} isKnown of all others
 */
export function checkNames(zip, required, isKnown) {
  for (const name of [...required, ...REQUIRED]) {
    must(zip.entries.has(name), `${name} is missing from the zip.`);
  }
  for (const name of zip.entries.keys()) {
    const belongs = REQUIRED.includes(name) || isKnown(name);
    must(belongs, `${JSON.stringify(name)} does not belong in an export.`);
  }
}

/**
 * The signed list of all files.
 * @param {Zip} zip
 * @param {string} type of export
 */
export function checkList(zip, type) {
  const key = keyOfPem(zip.read('keys/export.pem'), 'keys/export.pem');
  const bytes = zip.read('export.json');
  must(key.check(bytes, zip.read('export.sig')), 'export.sig does not sign export.json.');
  const list = parseFileList(bytes, type);
  must(list.key === key.fingerprint, 'export.json names another key than keys/export.pem.');
  /** @type {Set<string>} */
  const listed = new Set();
  for (const file of list.files) {
    const { name } = file;
    const entry = zip.entries.get(name);
    must(entry !== undefined, `${name} is in export.json, but missing from the zip.`);
    must(!listed.has(name), `${name} is in export.json twice.`);
    listed.add(name);
    const same = entry.size === file.bytes && sha256(zip.chunks(name)) === file.sha256;
    must(same, `${name} is not as export.json says.`);
  }
  for (const name of zip.entries.keys()) {
    must(listed.has(name) || LIST.includes(name), `${name} is not in export.json.`);
  }
  const inOrder = [...listed, ...LIST].join() === [...zip.entries.keys()].join();
  must(inOrder, 'The files of the zip are in another order than export.json says.');
  return list;
}

/**
 * The seal, and the key that it is signed with.
 * @param {Zip} zip
 * @param {{ recordingId: string }} list
 */
export function checkRecorder(zip, list) {
  const recorderKey = keyOfPem(zip.read('keys/recorder.pem'), 'keys/recorder.pem');
  const line = zip.read('seal.json').toString();
  must(line.endsWith('\n'), 'seal.json has no end of line.');
  const { seal, key } = checkSeal(line.slice(0, -1), 'seal.json');
  must(
    key.fingerprint === recorderKey.fingerprint,
    'seal.json is signed by another key than keys/recorder.pem.',
  );
  const same = zip.read('manifest.sig').toString('base64') === seal.manifest.signature;
  must(same, 'manifest.sig is not the signature that seal.json has.');
  must(
    seal.recordingId === list.recordingId,
    'seal.json and export.json are not of the same recording.',
  );
  return { seal, recorderKey };
}

/**
 * @param {Buffer} bytes of manifest.json
 * @param {import('./seal.mjs').Seal} seal
 * @param {Key} recorderKey
 */
export function checkManifest(bytes, seal, recorderKey) {
  const signature = Buffer.from(seal.manifest.signature, 'base64');
  must(recorderKey.check(bytes, signature), 'manifest.sig does not sign manifest.json.');
  must(sha256([bytes]) === seal.manifest.sha256, 'seal.json is the seal of another manifest.');
  const manifest = parseManifest(bytes);
  const { sequence, previous, sealedAt } = manifest.seal;
  must(
    sequence === seal.sequence && previous === seal.previous && sealedAt === seal.sealedAt,
    'manifest.json names another place in the chain than seal.json.',
  );
  must(
    manifest.seal.key === recorderKey.fingerprint,
    'manifest.json names another key than its own.',
  );
  must(
    manifest.seal.exportKey === seal.exportKey,
    'manifest.json and seal.json name different keys for exports.',
  );
  must(
    manifest.recording.id === seal.recordingId,
    'manifest.json and seal.json are not of the same recording.',
  );
  for (const { id, sha256: hash, bytes: size } of manifest.files) {
    const same = seal.files.some((f) => f.id === id && f.sha256 === hash && f.bytes === size);
    must(same, `seal.json and manifest.json differ in the file of ${id}.`);
  }
  return manifest;
}

/** @param {Iterable<Uint8Array>} chunks */
export function sha256(chunks) {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
