// @ts-check
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from './command.mjs';
import { hashFiles } from './context.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/**
 * A C compiler.
 * @type {import('./debian.mjs').Wanted[]}
 */
export const NATIVE_PACKAGES = [{ name: 'gcc' }, { name: 'libc6-dev' }];

const SOURCE = 'sip-dialin/native';
const HEADERS = 'node_modules/node-api-headers';

/** @param {string} root */
function stampFile(root) {
  return path.join(root, 'sip-dialin/dist/udp.stamp');
}

/** @param {string} root */
function sourceHash(root) {
  const what = `${process.platform}-${process.arch}`;
  return `${what}-${hashFiles(root, [SOURCE, `${HEADERS}/package.json`])}`;
}

/**
 * Whether sip-dialin/dist/udp.node was built from the source as it is. Anywhere but on Linux node:dgram has to do.
 * @param {Context} context
 */
export function isNativeUdpBuilt({ root }) {
  if (process.platform !== 'linux') return true;
  const stamp = stampFile(root);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sourceHash(root);
}

/** @param {Context} context */
export async function buildNativeUdp(context) {
  const { root } = context;
  const hash = sourceHash(root);
  const built = path.join(root, 'sip-dialin/dist/udp.node');
  mkdirSync(path.dirname(built), { recursive: true });
  const flags = ['-O2', '-Wall', '-Wextra', '-shared', '-fPIC'];
  const headers = ['-I', path.join(root, HEADERS, 'include')];
  const source = path.join(root, SOURCE, 'udp.c');
  await runCommand('cc', [...flags, ...headers, '-o', `${built}.new`, source], {
    log: path.join(context.logs, 'udp.log'),
    advice: 'The UDP sockets in sip-dialin/native could not be built; send us the log',
    cause: /\berror:/,
  });
  // One that runs keeps the file that it has loaded.
  renameSync(`${built}.new`, built);
  writeFileSync(stampFile(root), hash);
}
