import { AppError } from '@switchroom/protocol';

/** SQLITE_CONSTRAINT_UNIQUE (https://sqlite.org/rescode.html). */
const UNIQUE = 2067;

/** Runs a write; what is taken already is `conflict`, with this text. */
export async function unlessTaken<T>(write: Promise<T>, message: string): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === UNIQUE) {
      throw new AppError('conflict', message, { cause: error });
    }
    throw error;
  }
}
