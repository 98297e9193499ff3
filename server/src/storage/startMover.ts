import type { Config } from '@switchroom/protocol';
import { openChainCopy, type FileStore, type VaultFiles } from '@switchroom/recordings/vault';
import type { Logger } from 'pino';
import type { Database } from '../db/openDatabase.ts';
import type { RecordingPolicy } from '../retention/RecordingPolicy.ts';
import { Mover } from './Mover.ts';
import { StoredRecordings } from './StoredRecordings.ts';

/** Begins to move what is sealed in the vault `dir` to the store; `null` where there is none. */
export function startMover(parts: {
  store: FileStore | null;
  files: VaultFiles;
  dir: string;
  config: Pick<Config, 'S3'>;
  db: Database;
  policy: RecordingPolicy;
  logger: Logger;
}): Mover | null {
  const { store, files, dir, config, db, policy, logger } = parts;
  if (store === null) return null;
  const locks = config.S3 !== undefined && config.S3.objectLock !== 'off';
  const stored = new StoredRecordings({ db, policy, locks });
  return new Mover({ store, files, stored, chain: openChainCopy(dir, store), logger });
}
