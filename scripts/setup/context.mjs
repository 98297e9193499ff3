// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What every step of the set-up works on.
 * @typedef {object} Context
 * @property {string} root the checkout
 * @property {string} cache per machine and user, shared by all checkouts
 * @property {string} logs full output of each step, of this checkout
 * @property {string} checkout a short name of this checkout, unique on this machine
 * @property {NodeJS.ProcessEnv} env
 * @property {number} cores
 * @property {boolean} isRoot
 */

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {Context}
 */
export function makeContext(env) {
  const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
  const cache = cacheFolder(env);
  const checkout = createHash('sha256').update(root).digest('hex').slice(0, 12);
  return {
    root,
    cache,
    checkout,
    logs: path.join(cache, 'logs', checkout),
    env,
    cores: availableParallelism(),
    isRoot: process.getuid?.() === 0,
  };
}

/** @param {NodeJS.ProcessEnv} env */
export function cacheFolder(env) {
  if (env.SWITCHROOM_CACHE) return path.resolve(env.SWITCHROOM_CACHE);
  return path.join(env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'switchroom');
}

/**
 * One entry of npm's lock file.
 * @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockedPackage
 */

/**
 * @param {string} file package-lock.json, or npm's record in node_modules, which looks the same
 * @returns {Record<string, LockedPackage> | undefined} by path; undefined when there is no file
 */
export function readLockFile(file) {
  if (!existsSync(file)) return undefined;
  const content = /** @type {{ packages: Record<string, LockedPackage> }} */ (
    JSON.parse(readFileSync(file, 'utf8'))
  );
  return content.packages;
}

/**
 * SHA-256 over names and contents of files and folders, the same on each machine.
 * @param {string} base names are taken relative to it
 * @param {string[]} entries files or folders within base; what is missing is left out
 * @param {(relative: string) => boolean} [isLeftOut]
 */
export function hashFiles(base, entries, isLeftOut = () => false) {
  const hash = createHash('sha256');
  /** @param {string} relative */
  const add = (relative) => {
    const file = path.join(base, relative);
    const content = readFileSync(file);
    hash.update(`${relative}\0${content.length}\0`).update(content);
  };
  /** @param {string} relative */
  const walk = (relative) => {
    const names = readdirSync(path.join(base, relative), { withFileTypes: true });
    for (const entry of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const child = path.posix.join(relative, entry.name);
      if (isLeftOut(child)) continue;
      if (entry.isDirectory()) walk(child);
      else if (entry.isFile()) add(child);
    }
  };
  for (const entry of entries) {
    const file = path.join(base, entry);
    if (!existsSync(file)) continue;
    if (statSync(file).isDirectory()) walk(entry);
    else add(entry);
  }
  return hash.digest('hex');
}
