// @ts-check
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from './command.mjs';
import { hashFiles } from './context.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/**
 * A C compiler, and what the addons are linked with.
 * @type {import('./debian.mjs').Wanted[]}
 */
export const NATIVE_PACKAGES = [{ name: 'gcc' }, { name: 'libc6-dev' }, { name: 'libopus-dev' }];

/**
 * What is written in C: `<workspace>/native/<name>.c` becomes `<workspace>/dist/<name>.node`. Where it is not built there is
 * a stand-in behind the same interface.
 * @typedef {{ name: string, workspace: string, title: string, libraries: string[] }} Addon
 * @type {readonly Addon[]}
 */
export const NATIVE_ADDONS = [
  { name: 'udp', workspace: 'sip-dialin', title: 'UDP sockets for phone media', libraries: [] },
  { name: 'opus', workspace: 'opus', title: 'libopus for Node.js', libraries: ['-lopus'] },
  { name: 'rtp', workspace: 'recordings', title: 'UDP sockets for recorders', libraries: [] },
  { name: 'files', workspace: 'recordings', title: 'file writes for recorders', libraries: [] },
];

const HEADERS = 'node_modules/node-api-headers';

/**
 * @param {string} root
 * @param {Addon} addon
 */
function stampFile(root, { name, workspace }) {
  return path.join(root, workspace, 'dist', `${name}.stamp`);
}

/**
 * @param {string} root
 * @param {Addon} addon
 */
function sourceHash(root, { workspace }) {
  const what = `${process.platform}-${process.arch}`;
  return `${what}-${hashFiles(root, [`${workspace}/native`, `${HEADERS}/package.json`])}`;
}

/**
 * Whether it was built from the source as it is. Anywhere but on Linux its stand-in has to do.
 * @param {Context} context
 * @param {Addon} addon
 */
export function isAddonBuilt({ root }, addon) {
  if (process.platform !== 'linux') return true;
  const stamp = stampFile(root, addon);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sourceHash(root, addon);
}

/**
 * @param {Context} context
 * @param {Addon} addon
 */
export async function buildAddon(context, addon) {
  const { root } = context;
  const { name, workspace, libraries } = addon;
  const hash = sourceHash(root, addon);
  const built = path.join(root, workspace, 'dist', `${name}.node`);
  mkdirSync(path.dirname(built), { recursive: true });
  const flags = ['-O2', '-Wall', '-Wextra', '-shared', '-fPIC'];
  const headers = ['-I', path.join(root, HEADERS, 'include')];
  const source = path.join(root, workspace, 'native', `${name}.c`);
  await runCommand('cc', [...flags, ...headers, '-o', `${built}.new`, source, ...libraries], {
    log: path.join(context.logs, `${name}.log`),
    advice: `${path.relative(root, source)} could not be built; send us the log`,
    cause: /\berror:/,
  });
  // One that runs keeps the file that it has loaded.
  renameSync(`${built}.new`, built);
  writeFileSync(stampFile(root, addon), hash);
}
