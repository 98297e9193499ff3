// @ts-check
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { strictLines } from './strictLines.mjs';

/**
 * Where a chain and recordings lie. Names are `<folder>/<file>`.
 * @typedef {object} Place
 * @property {string} label for people
 * @property {() => Promise<Set<string>>} sealed the folders with a seal in them, of recordings that are not being made any more
 * @property {(folder: string, fresh?: boolean) => Promise<string[]>} names of the files in a folder, in order; none when there is no such folder.
 *   `fresh`: as it is now, not as it was at first
 * @property {(name: string) => Promise<AsyncIterable<Uint8Array> | null>} open null when there is none
 * @property {() => Promise<AsyncIterable<string> | null>} lines those of a chain that is one file; null when it is not
 */

/**
 * A vault on local disk, or a copy of a bucket.
 * @implements {Place}
 */
export class FolderPlace {
  /** @param {string} directory `DATA_DIR/vault` */
  constructor(directory) {
    this.label = directory;
  }

  async sealed() {
    if (!existsSync(this.label)) return new Set();
    /** @type {(...names: string[]) => boolean} */
    const has = (...names) => existsSync(join(this.label, ...names));
    const ids = readdirSync(this.label);
    return new Set(ids.filter((id) => has(id, 'seal.json') && !has(id, 'state.open')));
  }

  /** @param {string} folder */
  async names(folder) {
    const path = join(this.label, folder);
    return existsSync(path) ? readdirSync(path).sort() : [];
  }

  /** @param {string} name */
  async open(name) {
    const path = join(this.label, name);
    if (!existsSync(path)) return null;
    return /** @type {AsyncIterable<Buffer>} */ (createReadStream(path));
  }

  async lines() {
    const path = join(this.label, 'chain.jsonl');
    return existsSync(path) ? strictLines(createReadStream(path), 'chain.jsonl') : null;
  }
}
