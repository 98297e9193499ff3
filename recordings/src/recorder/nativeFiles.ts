import { existsSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { getSystemErrorMap } from 'node:util';

/** What `native/files.c` gives: the number of the system's error for each file, or 0. */
interface Addon {
  append(files: Int32Array, bytes: readonly Uint8Array[]): Promise<Int32Array>;
  sync(files: Int32Array): Promise<Int32Array>;
}

/** One thing that is to be done with a file: to append, or, with no bytes, to sync. */
export interface FileTask {
  file: FileHandle;
  bytes: Uint8Array;
}

/** Does all of them; what each failed with. */
export type DoTasks = (tasks: readonly FileTask[]) => Promise<(Error | undefined)[]>;

export interface FileJobs {
  append: DoTasks;
  sync: DoTasks;
}

/** Set-up builds it (scripts/setup/nativeAddons.mjs). */
const ADDON = fileURLToPath(new URL('../../dist/files.node', import.meta.url));
const addon = existsSync(ADDON) ? (createRequire(import.meta.url)(ADDON) as Addon) : undefined;

/** All tasks of a kind in one job of the thread pool. `undefined` where it is not built. */
export const nativeFiles: FileJobs | undefined = addon && {
  append: async (tasks) => errorsOf(await addon.append(numbersOf(tasks), bytesOf(tasks))),
  sync: async (tasks) => errorsOf(await addon.sync(numbersOf(tasks))),
};

function numbersOf(tasks: readonly FileTask[]): Int32Array {
  return Int32Array.from(tasks, ({ file }) => file.fd);
}

function bytesOf(tasks: readonly FileTask[]): Uint8Array[] {
  return tasks.map(({ bytes }) => bytes);
}

function errorsOf(numbers: Int32Array): (Error | undefined)[] {
  return Array.from(numbers, (number) => (number === 0 ? undefined : systemError(number)));
}

/** As Node.js has them. */
function systemError(number: number): Error {
  const [code, message] = getSystemErrorMap().get(-number) ?? [`E${number}`, 'unknown error'];
  return Object.assign(new Error(`${code}: ${message}`), { errno: -number, code });
}
