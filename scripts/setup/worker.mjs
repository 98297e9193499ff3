// @ts-check
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hashFiles, readLockFile } from './context.mjs';
import { SetupError } from './SetupError.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/** The code that mediasoup-worker ends with when it is started by hand (its main.cpp). */
const EXIT_NO_VERSION = 41;

/** How long a prebuilt that could not be had is not asked for again. */
const FORGET_MS = 24 * 3600 * 1000;

/**
 * The worker of this checkout's mediasoup and recipe on this machine.
 * @typedef {object} WorkerPlace
 * @property {string} version of mediasoup
 * @property {string} key
 * @property {string} binary
 * @property {string} lock
 * @property {string} build folder of a source build under way
 * @property {string} noPrebuilt marks that no prebuilt could be had
 */

/**
 * @param {Context} context
 * @returns {WorkerPlace}
 */
export function workerPlace({ root, cache }) {
  const lock = readLockFile(path.join(root, 'package-lock.json'));
  const version = lock?.['node_modules/mediasoup']?.version;
  if (version === undefined) {
    throw new SetupError('package-lock.json does not name mediasoup: restore it with git.');
  }
  const recipe = hashFiles(path.join(root, 'scripts/mediasoup-worker'), ['.']).slice(0, 12);
  const key = `${version}-${process.platform}-${process.arch}-${recipe}`;
  const folder = path.join(cache, 'worker');
  return {
    version,
    key,
    binary: path.join(folder, key, 'mediasoup-worker'),
    lock: path.join(cache, 'locks', `worker-${key}.lock`),
    build: path.join(folder, `${key}.build`),
    noPrebuilt: path.join(folder, `${key}.no-prebuilt`),
  };
}

/**
 * Path of the worker to use: the user's own (MEDIASOUP_WORKER_BIN), else the cached one.
 * @param {Context} context
 */
export function workerPath(context) {
  return context.env.MEDIASOUP_WORKER_BIN || workerPlace(context).binary;
}

/**
 * Whether the worker is there and runs on this machine.
 * @param {Context} context
 */
export function hasWorker(context) {
  const binary = workerPath(context);
  const isUsable = existsSync(binary) && runs(binary);
  if (!isUsable && context.env.MEDIASOUP_WORKER_BIN) {
    throw new SetupError(
      `MEDIASOUP_WORKER_BIN: ${binary} is not a mediasoup-worker that runs here; mend or unset it.`,
    );
  }
  return isUsable;
}

/** @param {string} binary */
export function runs(binary) {
  return spawnSync(binary, { env: {}, stdio: 'ignore' }).status === EXIT_NO_VERSION;
}

/**
 * @param {WorkerPlace} place
 * @param {number} [now] ms since the epoch
 */
export function isWorthAsking({ noPrebuilt }, now = Date.now()) {
  return !existsSync(noPrebuilt) || now - statSync(noPrebuilt).mtimeMs > FORGET_MS;
}

/**
 * @param {WorkerPlace} place
 * @param {string} reason
 */
export function rememberNoPrebuilt({ noPrebuilt }, reason) {
  mkdirSync(path.dirname(noPrebuilt), { recursive: true });
  writeFileSync(noPrebuilt, `${reason}\n`);
}
