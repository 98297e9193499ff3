// @ts-check
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { applyPatch, PATCHES } from '../mediasoup-worker/recipe.mjs';
import { runCommand } from './command.mjs';
import { withLock } from './lock.mjs';
import { SetupError } from './SetupError.mjs';
import { hasWorker, runs, workerPlace } from './worker.mjs';

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./Progress.mjs').Progress} Progress */

/**
 * Builds the worker out of the npm package's source (scripts/mediasoup-worker/README.md).
 * @param {Context} context
 * @param {Progress} progress
 * @returns {Promise<string>} what came of it
 */
export async function buildWorker(context, progress) {
  const place = workerPlace(context);
  return withLock(
    place.lock,
    () => progress.note('waiting, another set-up on this machine is building it'),
    async () => {
      if (hasWorker(context)) return 'built by another set-up';
      try {
        layOutSource(context, place.build);
        const binary = await compile(context, place.build, progress);
        mkdirSync(path.dirname(place.binary), { recursive: true });
        renameSync(binary, place.binary);
        return 'built';
      } finally {
        rmSync(place.build, { recursive: true, force: true });
      }
    },
  );
}

/**
 * @param {Context} context
 * @param {string} build
 */
function layOutSource({ root }, build) {
  // What an interrupted build has left.
  rmSync(build, { recursive: true, force: true });
  cpSync(path.join(root, 'node_modules/mediasoup/worker'), build, { recursive: true });
  for (const folder of ['subprojects', 'pch']) {
    const ours = path.join(root, 'scripts/mediasoup-worker', folder);
    cpSync(ours, path.join(build, folder), { recursive: true });
  }
  for (const patch of PATCHES) {
    const file = path.join(build, patch.file);
    const patched = applyPatch(readFileSync(file, 'utf8'), patch);
    if (patched === undefined) {
      throw new SetupError(
        `mediasoup's ${patch.file} is not the one we patch: bring scripts/mediasoup-worker/recipe.mjs up to date.`,
      );
    }
    writeFileSync(file, patched);
  }
}

/**
 * @param {Context} context
 * @param {string} build
 * @param {Progress} progress
 * @returns {Promise<string>} path of the binary
 */
async function compile({ logs, cores, env }, build, progress) {
  const log = path.join(logs, 'worker.log');
  const options = {
    cwd: build,
    log,
    env: { ...env, LC_ALL: 'C.UTF-8' },
    advice: 'The mediasoup worker could not be built; send us the log, or set MEDIASOUP_WORKER_BIN',
    cause: /\b(error|ERROR|FAILED):/,
  };
  const setup = ['setup', '--buildtype', 'release', '-Db_ndebug=true', '--wrap-mode=nodownload'];
  await runCommand('meson', [...setup, 'out'], options);
  await runCommand('ninja', ['-C', 'out', '-j', String(cores), 'mediasoup-worker'], {
    ...options,
    append: true,
    onLine: (line) => {
      const percent = ninjaPercent(line);
      if (percent !== undefined) progress.percent(percent);
    },
  });
  const binary = path.join(build, 'out', 'mediasoup-worker');
  if (!runs(binary)) {
    throw new SetupError('The mediasoup worker was built and does not run', { log });
  }
  return binary;
}

/**
 * @param {string} line such as `[103/261] Compiling ...`
 * @returns {number | undefined}
 */
export function ninjaPercent(line) {
  const match = /^\[(\d+)\/(\d+)\]/.exec(line);
  return match ? (100 * Number(match[1])) / Number(match[2]) : undefined;
}
