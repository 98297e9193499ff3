import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isCode } from '../format/secretFile.ts';
import { FileLock } from './FileLock.ts';

const SUFFIX = '.alive';

/**
 * What tells the recorders of one data directory which of them live: each holds a lock on a file of its own,
 * and names itself in the journal of every recording that it makes. What a living one has open is its own;
 * what a dead one has open is left over.
 */
export class SignOfLife {
  readonly id: string;
  readonly #path: string;
  readonly #lock: FileLock;

  private constructor(id: string, path: string, lock: FileLock) {
    this.id = id;
    this.#path = path;
    this.#lock = lock;
  }

  /** Shows that a recorder lives from now on. */
  static show(directory: string): SignOfLife {
    for (;;) {
      const id = randomUUID();
      const path = join(directory, id + SUFFIX);
      const lock = FileLock.tryTake(path);
      // Who looked between the file's making and its locking took it for that of a dead one.
      if (lock && existsSync(path)) return new SignOfLife(id, path, lock);
      lock?.release();
    }
  }

  /** Twice is silent. */
  release(): void {
    rmSync(this.#path, { force: true });
    this.#lock.release();
  }
}

/** Recorders that died and were not yet cleared away; `self` is alive, as it looks. */
export function deadRecorders(directory: string, self: string): string[] {
  return idsIn(directory).filter((id) => {
    if (id === self) return false;
    const lock = standInFor(directory, id);
    lock?.release();
    return lock !== undefined;
  });
}

/** Whether any other recorder than `self` lives, as it looks. */
export function hasOthers(directory: string, self: string): boolean {
  const dead = new Set(deadRecorders(directory, self));
  return idsIn(directory).some((id) => id !== self && !dead.has(id));
}

/**
 * Takes a dead recorder's place, so that nobody else does meanwhile; undefined when it lives, or somebody
 * else has. Release what it gives.
 */
export function standInFor(directory: string, id: string): FileLock | undefined {
  return FileLock.tryTake(join(directory, id + SUFFIX));
}

/** Takes the file of a dead one away; that of a living one stays. */
export function clearAway(directory: string, id: string): void {
  const lock = standInFor(directory, id);
  if (lock) rmSync(join(directory, id + SUFFIX), { force: true });
  lock?.release();
}

function idsIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => name.slice(0, -SUFFIX.length));
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
}
