import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { StartError } from '../StartError.ts';
import { migrations } from './migrations.ts';
import { nodeSqlite } from './nodeSqlite.ts';
import type { Schema } from './schema.ts';

export type Database = Kysely<Schema>;

/** SQLITE_BUSY and SQLITE_LOCKED (https://sqlite.org/rescode.html). */
const BUSY_CODES = [5, 6];

/**
 * Opens `switchroom.db` in the data directory for this process alone, and brings its tables up to date.
 * Errors: `StartError` when another process has it, or the directory cannot be written.
 */
export async function openDatabase(dataDir: string): Promise<Database> {
  const path = join(dataDir, 'switchroom.db');
  const db = new Kysely<Schema>({
    dialect: new SqliteDialect({ database: nodeSqlite(openFile(dataDir, path)) }),
  });
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) {
    await db.destroy();
    throw new StartError(
      `The database ${path} cannot be brought up to date; was it made by a newer Switchroom? Set DATA_DIR to another folder, or update.`,
      { cause: error },
    );
  }
  return db;
}

function openFile(dataDir: string, path: string): DatabaseSync {
  let file: DatabaseSync | undefined;
  try {
    makeFolder(resolve(dataDir));
    // It holds PINs and names, and the folder may have been made by somebody who let others in.
    closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
    file = new DatabaseSync(path, { timeout: 0 });
    // The lock is taken now and kept: a second server must not come to life beside this one.
    file.exec('pragma locking_mode = exclusive');
    file.exec('pragma journal_mode = wal');
    file.exec('begin exclusive; commit');
    return file;
  } catch (error) {
    file?.close();
    throw new StartError(
      isBusy(error)
        ? `Database locked: another Switchroom server uses ${path}. Stop it, or set DATA_DIR to another folder.`
        : `The data directory ${dataDir} cannot be used; make it writable, or set DATA_DIR to another folder.`,
      { cause: error },
    );
  }
}

/**
 * The folder also holds keys and recordings: nobody else's business. Not by `recursive`, which never
 * comes back where the system makes no folders, as in /proc.
 */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    'errcode' in error &&
    typeof error.errcode === 'number' &&
    BUSY_CODES.includes(error.errcode & 0xff)
  );
}
