// @ts-check
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { checkSealed } from '../verify/checkSealed.mjs';
import { Fault, must } from '../verify/Fault.mjs';
import { openNamed, wholeContent } from '../verify/sealedContent.mjs';
import { parseManifest } from '../verify/shapes.mjs';
import { Zip } from '../verify/zip.mjs';
import { oggOf } from './oggOf.mjs';

const SEALED = /^sealed\/([A-Za-z0-9_-]{1,64})\.sealed$/;
const MANIFEST = 'manifest';
/** A help to find a place in the others: there is nothing in it to be opened. */
const INDEX = 'index';
/** In the clear, and of use with what is opened. */
const COPIED = ['manifest.sig', 'seal.json', 'keys/recorder.pem', 'audit.jsonl'];

/** @typedef {import('../verify/age.mjs').Identity[]} Identities */
/** @typedef {{ written: string[], faults: string[] }} Opened */

/**
 * Opens a sealed export into a folder of its own: tracks, mix and manifest as the ordinary export has them. What is wrong
 * does not keep it from what is good; it is told. Throws a `Fault` where nothing can be done.
 * @param {string} file
 * @param {string} folder new, or empty
 * @param {Identities} identities
 * @param {Set<string>} pins fingerprints of keys that are trusted
 * @returns {Opened}
 */
export function openExport(file, folder, identities, pins) {
  /** @type {Opened} */
  const opened = { written: [], faults: [] };
  attempt(opened, () => void checkSealed(file, pins, identities));
  const zip = new Zip(file);
  try {
    const ids = [...zip.entries.keys()].flatMap((name) => SEALED.exec(name)?.[1] ?? []);
    must(ids.length > 0, 'This is no sealed export: there is nothing to be opened.');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    must(readdirSync(folder).length === 0, `${folder} is not empty.`);
    const open = openerOf(zip, identities);
    /** @param {string} name @param {Buffer[]} content */
    const write = (name, content) => {
      const target = path.join(folder, name);
      mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
      writeFileSync(target, Buffer.concat(content), { mode: 0o600 });
      opened.written.push(name);
    };
    for (const name of COPIED.filter((one) => zip.entries.has(one))) write(name, [zip.read(name)]);
    const manifest = attempt(opened, () => {
      const bytes = wholeContent(open(MANIFEST), nameOf(MANIFEST));
      write('manifest.json', [bytes]);
      return parseManifest(bytes);
    });
    for (const id of ids.filter((one) => ![MANIFEST, INDEX].includes(one))) {
      const wanted = manifest?.files.find((one) => one.id === id);
      attempt(opened, () => {
        const name = id === 'mix' ? 'mix.ogg' : `tracks/${id}.ogg`;
        const { pages, damage } = oggOf(open(id), wanted?.endPosition ?? 0, nameOf(id));
        write(name, pages);
        for (const { fromMs, toMs } of damage) {
          opened.faults.push(`${name} is silent from ${fromMs} to ${toMs} ms: that does not open.`);
        }
      });
    }
    return opened;
  } finally {
    zip.close();
  }
}

/** @param {string} id */
function nameOf(id) {
  return `sealed/${id}.sealed`;
}

/**
 * Opens files of one recording, whichever that is.
 * @param {Zip} zip
 * @param {Identities} identities
 */
function openerOf(zip, identities) {
  /** @type {string | undefined} */
  let recordingId;
  return (/** @type {string} */ id) => {
    const file = openNamed(zip.read(nameOf(id)), identities, { recordingId, id, name: nameOf(id) });
    recordingId ??= file.recordingId;
    return file;
  };
}

/**
 * @template T
 * @param {Opened} opened
 * @param {() => T} work
 * @returns {T | undefined}
 */
function attempt(opened, work) {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (!opened.faults.includes(error.message)) opened.faults.push(error.message);
    return undefined;
  }
}
