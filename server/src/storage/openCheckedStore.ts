import { AppError, type Config } from '@switchroom/protocol';
import { openStore, type FileStore } from '@switchroom/recordings/vault';
import type { Logger } from 'pino';
import type { Database } from '../db/openDatabase.ts';

/** The store that is configured; `null`: none, recordings stay on local disk. Errors: those of `checkStore()`. */
export async function openCheckedStore(
  { S3 }: Pick<Config, 'S3'>,
  db: Database,
  logger: Logger,
): Promise<FileStore | null> {
  if (S3 === undefined) return null;
  const store = await openStore(S3);
  try {
    await checkStore(store, db, logger);
    return store;
  } catch (error) {
    store.close();
    throw error;
  }
}

/**
 * One that is away is no reason not to start: recordings wait here until it is back. Nor is one that accepts us no more,
 * since credentials are revoked without asking who meets just then. Errors: `ConfigError` that names the setting that is
 * not accepted, where no recording was ever moved.
 */
export async function checkStore(
  store: Pick<FileStore, 'check'>,
  db: Database,
  logger: Logger,
): Promise<void> {
  try {
    await store.check();
  } catch (error) {
    const isAway = error instanceof AppError && error.code === 'unavailable';
    if (!isAway && !(await wasUsed(db))) throw error;
    const how = isAway ? 'is away' : 'does not accept us any more';
    logger.error({ err: error }, `check() | the store ${how}; recordings stay on local disk`);
  }
}

async function wasUsed(db: Database): Promise<boolean> {
  const moved = db.selectFrom('storedRecordings').select('recordingId');
  return (await moved.where('storedAt', 'is not', null).executeTakeFirst()) !== undefined;
}
