// @ts-check
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { strictLines } from './strictLines.mjs';

/**
 * Where a chain and recordings lie. Names are `<folder>/<file>`.
 * @typedef {object} Place
 * @property {string} label for people
 * @property {() => Promise<Map<string, string[]>>} folders all there are, with the names of the files in each
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

  async folders() {
    if (!existsSync(this.label)) return new Map();
    const found = readdirSync(this.label).flatMap((folder) => {
      const path = join(this.label, folder);
      const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
      return isFolder ? [folder] : [];
    });
    /** @type {Map<string, string[]>} */
    const folders = new Map();
    for (const folder of found) folders.set(folder, await this.names(folder));
    return folders;
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
