import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@switchroom/protocol';

/** SQLITE_BUSY (https://sqlite.org/rescode.html). */
const BUSY = 5;
const LOOK_MS = 100;

/**
 * Held by the one recorder that may write in a data directory. It is SQLite's lock on an empty file,
 * hence the kernel's: gone with the process that held it, however that ended.
 */
export class DirectoryLock {
  readonly #file: DatabaseSync;

  private constructor(file: DatabaseSync) {
    this.#file = file;
  }

  /**
   * Waits for another recorder to end, which may be sealing still.
   * Errors: `AppError('conflict')` after `waitMs`; those of the file system.
   */
  static async take(path: string, waitMs: number): Promise<DirectoryLock> {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
    const deadline = performance.now() + waitMs;
    for (;;) {
      const file = tryToLock(path);
      if (file) return new DirectoryLock(file);
      if (performance.now() >= deadline) {
        const advice = 'stop it, or set DATA_DIR to another folder';
        throw new AppError('conflict', `Another recorder holds ${path}; ${advice}.`);
      }
      await sleep(LOOK_MS);
    }
  }

  /** Twice is silent. */
  release(): void {
    if (this.#file.isOpen) this.#file.close();
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
