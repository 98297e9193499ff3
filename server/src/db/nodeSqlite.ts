import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { AppError } from '@switchroom/protocol';
import type { SqliteDatabase, SqliteStatement } from 'kysely';

/** SQLITE_FULL (https://sqlite.org/rescode.html). */
const FULL = 13;

/**
 * `node:sqlite` in the shape that kysely's SQLite dialect asks for. Its `lower()` knows all letters, as
 * PostgreSQL's does; SQLite's own knows ASCII only. What is not written since the disk is full is `storage-full`.
 */
export function nodeSqlite(database: DatabaseSync): SqliteDatabase {
  database.function('lower', { deterministic: true }, (text) =>
    typeof text === 'string' ? text.toLowerCase() : text,
  );
  return {
    close: () => database.close(),
    prepare(text: string): SqliteStatement {
      const statement = database.prepare(text);
      const inputs = (parameters: readonly unknown[]): SQLInputValue[] =>
        parameters as SQLInputValue[];
      return {
        // A statement that gives rows has columns.
        reader: statement.columns().length > 0,
        all: (parameters) => orFull(() => statement.all(...inputs(parameters))),
        run: (parameters) => {
          // A commit for which there is no space has taken all back by itself: there is nothing to roll back.
          if (text === 'rollback' && !database.isTransaction) return NOTHING;
          return orFull(() => statement.run(...inputs(parameters)));
        },
        iterate: (parameters) => statement.iterate(...inputs(parameters)),
      };
    },
  };
}

const NOTHING = { changes: 0, lastInsertRowid: 0 };

/** Errors: `AppError('storage-full')`; those of SQLite. */
function orFull<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Error && 'errcode' in error && error.errcode === FULL)) throw error;
    throw new AppError('storage-full', 'There is no space left where the data lies.', {
      cause: error,
    });
  }
}
