import { AppError, type Config } from '@switchroom/protocol';
import { openStore, type FileStore } from '@switchroom/recordings/vault';
import type { Logger } from 'pino';

/**
 * The store that is configured; `null`: none, recordings stay on local disk. One that is away is no reason not to
 * start: recordings wait here until it is back. Errors: `ConfigError` that names the setting it does not accept.
 */
export async function openCheckedStore(
  { S3 }: Pick<Config, 'S3'>,
  logger: Logger,
): Promise<FileStore | null> {
  if (S3 === undefined) return null;
  const store = await openStore(S3);
  try {
    await store.check();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'unavailable') {
      store.close();
      throw error;
    }
    logger.error({ err: error }, 'check() | the store is away; recordings stay on local disk');
  }
  return store;
}
