// @ts-check
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** How soon the death of npm is noticed. */
const LOOK_MS = 1000;
const FORWARDED = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Runs a program in our place: our terminal, our signals, our end. It has an IPC channel, by whose
 * end it notices that we were killed.
 * @param {string} node path of the Node.js to run it with
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>} its exit code, as a shell would give it
 */
export function launch(node, args, { cwd, env }) {
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd,
    env,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const forward = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal);
  for (const signal of FORWARDED) process.on(signal, forward);
  const watch = env.npm_lifecycle_event ? watchParent(() => child.kill('SIGTERM')) : undefined;
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const name of FORWARDED) process.off(name, forward);
      clearInterval(watch);
      resolve(code ?? (signal ? 128 + constants.signals[signal] : 1));
    });
  });
}

/**
 * npm hands on what signals it gets, but says nothing when it is killed by SIGKILL: then we have
 * another parent, and nobody is left who could end us.
 * @param {() => void} onGone
 */
function watchParent(onGone) {
  const parent = process.ppid;
  return setInterval(() => {
    if (process.ppid !== parent) onGone();
  }, LOOK_MS);
}
