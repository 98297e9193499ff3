// @ts-check
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { runCommand } from './command.mjs';
import { withLock } from './lock.mjs';
import { hasWorker, isWorthAsking, rememberNoPrebuilt, runs, workerPlace } from './worker.mjs';

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./worker.mjs').WorkerPlace} WorkerPlace */

/** For the whole download: where the release page cannot be reached, this is what is lost. */
const TIME_LIMIT_MS = 8000;

/**
 * Address of the official binary, as mediasoup's own postinstall makes it.
 * @param {string} version
 * @param {NodeJS.ProcessEnv} env
 * @param {{ platform: string, arch: string, release: string }} system
 */
export function prebuiltUrl(version, env, { platform, arch, release }) {
  const base =
    env.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL ||
    'https://github.com/versatica/mediasoup/releases/download';
  const kernel = platform === 'linux' ? `-kernel${Number.parseInt(release, 10)}` : '';
  return `${base}/${version}/mediasoup-worker-${version}-${platform}-${arch}${kernel}.tgz`;
}

/**
 * Whether there is still reason to look for a prebuilt.
 * @param {Context} context
 */
export function maySeekPrebuilt(context) {
  return (
    !context.env.MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD &&
    !hasWorker(context) &&
    isWorthAsking(workerPlace(context))
  );
}

/**
 * Tries once to get the official binary; that there is none is no error.
 * @param {Context} context
 * @param {import('./Progress.mjs').Progress} progress
 * @returns {Promise<string>} what came of it
 */
export async function seekPrebuilt(context, progress) {
  const place = workerPlace(context);
  return withLock(
    place.lock,
    () => progress.note('waiting for another set-up on this machine'),
    async () => {
      if (!maySeekPrebuilt(context)) return 'another set-up was faster';
      try {
        await download(context, place);
        return 'got the official prebuilt';
      } catch (error) {
        rememberNoPrebuilt(place, inspect(error));
        return 'cannot be had here, so it will be built from source';
      }
    },
  );
}

/**
 * @param {Context} context
 * @param {WorkerPlace} place
 */
async function download(context, place) {
  const url = prebuiltUrl(place.version, context.env, {
    platform: process.platform,
    arch: process.arch,
    release: os.release(),
  });
  const response = await fetch(url, { signal: AbortSignal.timeout(TIME_LIMIT_MS) });
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
  const archive = Buffer.from(await response.arrayBuffer());

  rmSync(place.build, { recursive: true, force: true });
  mkdirSync(place.build, { recursive: true });
  try {
    writeFileSync(path.join(place.build, 'worker.tgz'), archive);
    await runCommand('tar', ['-xzf', 'worker.tgz', 'mediasoup-worker'], {
      cwd: place.build,
      log: path.join(context.logs, 'worker-prebuilt.log'),
      advice: 'The prebuilt cannot be unpacked',
    });
    const binary = path.join(place.build, 'mediasoup-worker');
    if (!runs(binary)) throw new Error(`${url}: does not run on this machine`);
    mkdirSync(path.dirname(place.binary), { recursive: true });
    renameSync(binary, place.binary);
  } finally {
    rmSync(place.build, { recursive: true, force: true });
  }
}
