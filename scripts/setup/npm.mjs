// @ts-check
import path from 'node:path';
import { runCommand } from './command.mjs';
import { readLockFile } from './context.mjs';

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./context.mjs').LockedPackage} LockedPackage */

/**
 * Whether node_modules holds just what the lock file says, by npm's own record of what it
 * installed, which it writes last. Of optional packages those for other platforms are absent.
 * @param {string} root
 */
export function isInstalled(root) {
  const wanted = readLockFile(path.join(root, 'package-lock.json')) ?? {};
  const present = readLockFile(path.join(root, 'node_modules/.package-lock.json'));
  return present !== undefined && matches(wanted, present);
}

/**
 * @param {Record<string, LockedPackage>} wanted
 * @param {Record<string, LockedPackage>} present
 */
export function matches(wanted, present) {
  const names = Object.keys(wanted).filter((name) => name.includes('node_modules/'));
  return (
    Object.keys(present).every((name) => name in wanted) &&
    names.every((name) => {
      const want = wanted[name];
      const have = present[name];
      if (have === undefined) return want?.optional === true;
      return have.version === want?.version && have.integrity === want?.integrity;
    })
  );
}

/**
 * `npm ci` without any package's install script: mediasoup's would download, and build with pip.
 * @param {Context} context
 */
export async function installDependencies(context) {
  await runNpm(context, ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'], {
    cwd: context.root,
    log: path.join(context.logs, 'npm-ci.log'),
    advice: 'npm ci failed; mend this and start again',
  });
}

/**
 * Runs the npm that runs us, else the one on the PATH.
 * @param {Context} context
 * @param {string[]} args
 * @param {{ cwd: string, log: string, advice: string }} options
 */
export async function runNpm({ env }, args, options) {
  const cli = env.npm_execpath;
  const isNpm = cli !== undefined && path.basename(cli) === 'npm-cli.js';
  const [file, first] = isNpm ? [process.execPath, [cli]] : ['npm', []];
  await runCommand(file, [...first, ...args], {
    ...options,
    env,
    cause: /^npm (?:error|ERR!) (?!code|syscall|errno|path)\S/,
  });
}
