// @ts-check
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from './command.mjs';
import { hashFiles } from './context.mjs';
import { nodePath } from './node.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/** Everything that the built client depends on. */
const SOURCES = ['client', 'protocol/src', 'package-lock.json', 'tsconfig.base.json'];
const LEFT_OUT = /^client\/(dist|node_modules)$|\.test\.ts$/;

/** @param {string} root */
function stampFile(root) {
  return path.join(root, 'client/dist/.switchroom-stamp');
}

/** @param {string} root */
function sourceHash(root) {
  return hashFiles(root, SOURCES, (relative) => LEFT_OUT.test(relative));
}

/**
 * Whether client/dist was built from the sources as they are.
 * @param {Context} context
 */
export function isClientBuilt({ root }) {
  const stamp = stampFile(root);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sourceHash(root);
}

/** @param {Context} context */
export async function buildClient(context) {
  // Before the build: what is changed meanwhile is built next time.
  const hash = sourceHash(context.root);
  const vite = path.join(context.root, 'node_modules/vite/bin/vite.js');
  await runCommand(nodePath(context), [vite, 'build', '--outDir', 'dist', '--emptyOutDir'], {
    cwd: path.join(context.root, 'client'),
    env: { ...context.env, NODE_ENV: 'production' },
    log: path.join(context.logs, 'client.log'),
    advice: 'The client could not be built; see its sources in client/',
    cause: /^\s*\w*Error: |^\[[A-Z_]+\] /,
  });
  writeFileSync(stampFile(context.root), hash);
}
