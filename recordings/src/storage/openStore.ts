import type { S3Settings } from '@switchroom/protocol';
import type { FileStore } from './FileStore.ts';

/** The store that is configured. Its library is loaded only then: most use none. */
export async function openStore(settings: S3Settings): Promise<FileStore> {
  const { S3Store } = await import('./s3/S3Store.ts');
  return new S3Store(settings);
}
