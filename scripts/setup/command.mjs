// @ts-check
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { SetupError } from './SetupError.mjs';

/**
 * @typedef {object} CommandOptions
 * @property {string} log file that gets the whole output
 * @property {string} advice what to do when it fails: the first half of the error's line
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {boolean} [append] to the log
 * @property {(line: string) => void} [onLine]
 * @property {RegExp} [cause] a line of the output that tells why it failed; the first one is quoted
 */

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/**
 * Runs a command to its end, its output into a log file.
 * @param {string} file
 * @param {string[]} args
 * @param {CommandOptions} options
 * @returns {Promise<void>} rejects with a SetupError
 */
export async function runCommand(file, args, options) {
  mkdirSync(path.dirname(options.log), { recursive: true });
  const log = createWriteStream(options.log, { flags: options.append ? 'a' : 'w' });
  log.write(`$ ${[file, ...args].join(' ')}\n`);
  const { FORCE_COLOR, ...env } = options.env ?? process.env;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let cause = '';
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      if (cause === '' && options.cause?.test(line)) cause = line.trim();
      options.onLine?.(line);
    });
  }
  try {
    await ended(child, file, options, () => cause);
  } finally {
    running.delete(child);
    await new Promise((resolve) => log.end(resolve));
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} file
 * @param {CommandOptions} options
 * @param {() => string} cause
 * @returns {Promise<void>}
 */
function ended(child, file, { advice, log }, cause) {
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new SetupError(`${advice}: ${file} cannot be run, ${error.message}`, { log })),
    );
    child.once('close', (code, signal) => {
      const why = cause() || (signal ? `ended by ${signal}` : `exit code ${code}`);
      if (code === 0) resolve();
      else reject(new SetupError(`${advice}: ${why}`, { log }));
    });
  });
}

/**
 * Output of a short command; undefined when it cannot be run at all.
 * @param {string} file
 * @param {string[]} args
 */
export function outputOf(file, args) {
  const { error, stdout } = spawnSync(file, args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return error ? undefined : stdout;
}

/**
 * Makes an interrupted set-up take its running command with it.
 * @returns {() => void} ends that
 */
export function endCommandsOnSignal() {
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  const end = (/** @type {NodeJS.Signals} */ signal) => {
    for (const child of running) child.kill(signal);
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of signals) process.on(signal, end);
  return () => {
    for (const signal of signals) process.off(signal, end);
  };
}
