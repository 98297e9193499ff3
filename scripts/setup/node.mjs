// @ts-check
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from './command.mjs';
import { withLock } from './lock.mjs';
import { runNpm } from './npm.mjs';
import { SetupError } from './SetupError.mjs';

/** @typedef {import('./context.mjs').Context} Context */

const NODE_VERSION = '24.21.0';
const MAJOR = Number.parseInt(NODE_VERSION, 10);

/**
 * The Node.js that runs Switchroom: the one that runs us if it is new enough, else our own.
 * @param {Context} context
 */
export function nodePath(context) {
  const isNewEnough = Number.parseInt(process.versions.node, 10) >= MAJOR;
  return isNewEnough ? process.execPath : path.join(folderOf(context), 'bin', 'node');
}

/** @param {Context} context */
export function hasNode(context) {
  return existsSync(nodePath(context));
}

/** @param {Context} context */
function folderOf({ cache }) {
  return path.join(cache, 'node', `${NODE_VERSION}-${process.platform}-${process.arch}`);
}

/**
 * Gets Node.js out of the package that `node` on npm installs for this platform.
 * @param {Context} context
 * @param {import('./Progress.mjs').Progress} progress
 */
export async function installNode(context, progress) {
  const folder = folderOf(context);
  const log = path.join(context.logs, 'node.log');
  await withLock(
    path.join(context.cache, 'locks', `${path.basename(folder)}.lock`),
    () => progress.note('waiting for another set-up on this machine'),
    async () => {
      if (hasNode(context)) return;
      const part = `${folder}.part`;
      rmSync(part, { recursive: true, force: true });
      mkdirSync(part, { recursive: true });
      try {
        await unpackNode(context, part, log);
        renameSync(part, folder);
      } finally {
        rmSync(part, { recursive: true, force: true });
      }
    },
  );
}

/**
 * @param {Context} context
 * @param {string} part folder that gets bin/node
 * @param {string} log
 */
async function unpackNode(context, part, log) {
  const advice = `Node.js ${NODE_VERSION} could not be had from the npm registry; install it yourself or mend this`;
  await runNpm(context, ['pack', `${packageName()}@${NODE_VERSION}`, '--pack-destination', part], {
    cwd: part,
    log,
    advice,
  });
  const archive = readdirSync(part).find((name) => name.endsWith('.tgz'));
  if (archive === undefined) throw new SetupError(`${advice}: npm pack left no file`, { log });
  const args = ['-xzf', archive, '--strip-components=1', 'package/bin/node'];
  await runCommand('tar', args, { cwd: part, log, advice, append: true });
  rmSync(path.join(part, archive));
  await runCommand(path.join(part, 'bin', 'node'), ['--version'], { log, advice, append: true });
}

/** As the package `node` names those it resolves to. */
function packageName() {
  const isAppleSilicon = process.platform === 'darwin' && process.arch === 'arm64';
  return `${isAppleSilicon ? 'node-bin' : 'node'}-${process.platform}-${process.arch}`;
}
