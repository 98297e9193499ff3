import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@switchroom/protocol';
import { isCode } from '../format/secretFile.ts';

/** SQLITE_BUSY (https://sqlite.org/rescode.html). */
const BUSY = 5;
const LOOK_MS = 20;

/**
 * A lock between processes of one machine. It is SQLite's lock on an empty file, hence the kernel's: gone
 * with the process that held it, however that ended.
 */
export class FileLock {
  readonly #file: DatabaseSync;

  private constructor(file: DatabaseSync) {
    this.#file = file;
  }

  /** Makes the file, if need be. Undefined when another holds it. Errors: those of the file system. */
  static tryTake(path: string): FileLock | undefined {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    make(path);
    const file = tryToLock(path);
    return file && new FileLock(file);
  }

  /** As `tryTake()`, but waits for its holder. Errors: `AppError('unavailable')` after `waitMs`. */
  static async take(path: string, waitMs: number): Promise<FileLock> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      const lock = FileLock.tryTake(path);
      if (lock) return lock;
      if (performance.now() >= deadline) {
        throw new AppError('unavailable', `Another process does not let go of ${path}.`);
      }
      await sleep(LOOK_MS);
    }
  }

  /** Twice is silent. */
  release(): void {
    if (this.#file.isOpen) this.#file.close();
  }
}

/** A file that is there is not opened: closing it would take our own lock on it away (fcntl(2), POSIX). */
function make(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  }
}

function tryToLock(path: string): DatabaseSync | undefined {
  const file = new DatabaseSync(path, { timeout: 0 });
  try {
    file.exec('begin exclusive');
    return file;
  } catch (error) {
    file.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return undefined;
    throw error;
  }
}
