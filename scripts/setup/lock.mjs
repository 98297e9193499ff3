// @ts-check
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { SetupError } from './SetupError.mjs';

/** A lock that is not ours after this is held by somebody else, and waiting is worth a word. */
const WORTH_A_WORD_MS = 500;

/**
 * Runs `work` while no other process on this machine holds the lock.
 *
 * The lock is the kernel's (flock(1) of util-linux, which each Debian has), held by a helper that
 * ends when its standard input does: when this process ends, however it ends, the lock is free.
 * So there is no stale lock to detect, and waiting costs nothing.
 * @template T
 * @param {string} file
 * @param {() => void} onWait called once if somebody else holds the lock
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, onWait, work) {
  mkdirSync(path.dirname(file), { recursive: true });
  const holder = spawn('flock', ['--exclusive', file, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // Ctrl-C reaches the whole foreground group: the lock must outlive what works under it.
    detached: true,
  });
  const released = new Promise((resolve) => holder.once('close', resolve));
  const timer = setTimeout(onWait, WORTH_A_WORD_MS);
  try {
    await new Promise((resolve, reject) => {
      holder.stdout.once('data', resolve);
      holder.once('error', () =>
        reject(new SetupError('Install the package util-linux: the command flock is missing.')),
      );
      holder.once('close', () => reject(new SetupError(`The lock ${file} cannot be taken.`)));
    });
    clearTimeout(timer);
    return await work();
  } finally {
    clearTimeout(timer);
    holder.stdin.end();
    if (holder.pid !== undefined) await released;
  }
}
