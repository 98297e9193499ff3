import { GetObjectCommand, type HeadObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { AppError } from '@switchroom/protocol';
import type { Keep, StoredFile } from '../FileStore.ts';
import { isMissing, storeError } from './storeError.ts';

/** An object as it was found; each reading is a request of its own, so that nobody's slowness holds a connection. */
export class S3File implements StoredFile {
  readonly size: number;
  readonly version: string;
  readonly keep: Keep;
  readonly #client: S3Client;
  readonly #label: string;
  readonly #object: { Bucket: string; Key: string; VersionId?: string };

  constructor(
    client: S3Client,
    label: string,
    object: { Bucket: string; Key: string },
    head: HeadObjectCommandOutput,
  ) {
    const { ContentLength, VersionId, ETag, ObjectLockRetainUntilDate: until } = head;
    this.size = ContentLength ?? 0;
    this.version = `${this.size} ${VersionId ?? ''} ${ETag ?? ''}`;
    this.keep = { until: until ?? null, hold: head.ObjectLockLegalHoldStatus === 'ON' };
    this.#client = client;
    this.#label = label;
    // Of a bucket without versions, `null` is the one that there is.
    this.#object = { ...object, ...(VersionId !== undefined && { VersionId }) };
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const end = Math.min(offset + length, this.size);
    if (end <= offset) return Buffer.alloc(0);
    try {
      const Range = `bytes=${offset}-${end - 1}`;
      const { Body } = await this.#client.send(new GetObjectCommand({ ...this.#object, Range }));
      const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
      if (bytes.length === end - offset) return bytes;
      throw new AppError('unavailable', `The store ${this.#label} gave a part of a file only.`);
    } catch (error) {
      if (isMissing(error)) {
        throw new AppError('not-found', 'The file is gone from the store.', { cause: error });
      }
      throw storeError(error, this.#label);
    }
  }

  async close(): Promise<void> {}
}
