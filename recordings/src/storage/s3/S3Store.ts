import {
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  S3Client,
  type ObjectLockMode,
} from '@aws-sdk/client-s3';
import { AppError, type S3Settings } from '@switchroom/protocol';
import { SealError } from '../../format/SealError.ts';
import type { Content, FileStore, Keep, StoredFile } from '../FileStore.ts';
import { S3File } from './S3File.ts';
import { misfit } from './misfit.ts';
import { isCalled, isMissing, storeError } from './storeError.ts';
import { abortUploads, lockHeaders, upload } from './upload.ts';
import { keysUnder, removeUnder } from './versions.ts';

/** A store that does not answer is given up after so long, ms. */
export interface S3Times {
  connect: number;
  /** Each of three times; somebody may wait for it. */
  answer: number;
  /** To be told whether it is there at all, with all that is tried again: the server's start waits for it. */
  check: number;
}
const TIMES: S3Times = { connect: 5_000, answer: 10_000, check: 8_000 };

/** A bucket of an S3-compatible store; write-once by its Object Lock, where that is wished for. */
export class S3Store implements FileStore {
  readonly label: string;
  readonly #settings: S3Settings;
  readonly #client: S3Client;
  readonly #mode: ObjectLockMode | null;
  readonly #times: S3Times;
  /** Until the store has said so, it may have older versions. */
  #hasVersions = true;

  constructor(settings: S3Settings, times: S3Times = TIMES) {
    const { endpoint, region, bucket, prefix, accessKeyId, secretAccessKey, pathStyle } = settings;
    this.#settings = settings;
    this.#times = times;
    this.label = `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`;
    this.#mode = settings.objectLock === 'off' ? null : modes[settings.objectLock];
    this.#client = new S3Client({
      ...(endpoint !== undefined && { endpoint }),
      ...{ region, forcePathStyle: pathStyle, credentials: { accessKeyId, secretAccessKey } },
      requestHandler: {
        ...{ connectionTimeout: times.connect, requestTimeout: times.answer },
        throwOnRequestTimeout: true,
      },
      // Sums that only AWS itself knows; ours are in upload.ts.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  async check(): Promise<void> {
    const Bucket = this.#settings.bucket;
    const within = { abortSignal: AbortSignal.timeout(this.#times.check) };
    try {
      const { Status } = await this.#client.send(
        new GetBucketVersioningCommand({ Bucket }),
        within,
      );
      this.#hasVersions = Status !== undefined;
      if (this.#mode === null) return;
      await this.#client.send(new GetObjectLockConfigurationCommand({ Bucket }), within);
    } catch (error) {
      throw misfit(error, this.#settings) ?? storeError(error, this.label);
    }
  }

  async put(name: string, content: Content, keep: Keep, signal?: AbortSignal): Promise<void> {
    const { bucket } = this.#settings;
    try {
      const lock = lockHeaders(this.#mode, keep);
      const key = this.#key(name);
      await upload({ client: this.#client, bucket, key, content, lock, signal });
    } catch (error) {
      if (isOurs(error)) throw error;
      throw storeError(error, this.label, signal);
    }
    if (this.#mode === null) return;
    // There are stores that do not heed these headers for what comes in parts.
    const found = await this.open(name);
    if (found === null) throw new AppError('unavailable', `${this.label} has lost ${name}.`);
    if (isKeptLess(found.keep, keep)) await this.keep(name, keep);
  }

  async open(name: string): Promise<StoredFile | null> {
    const object = this.#object(name);
    try {
      const head = await this.#client.send(new HeadObjectCommand(object));
      return new S3File(this.#client, this.label, object, head);
    } catch (error) {
      if (isMissing(error)) return null;
      throw storeError(error, this.label);
    }
  }

  async *list(folder: string): AsyncGenerator<string> {
    const prefix = this.#key(`${folder}/`);
    try {
      for await (const key of keysUnder(this.#client, this.#settings.bucket, prefix)) {
        yield key.slice(prefix.length);
      }
    } catch (error) {
      throw storeError(error, this.label);
    }
  }

  async keep(name: string, { until, hold }: Keep): Promise<void> {
    const object = this.#object(name);
    const now = (await this.open(name))?.keep;
    if (now === undefined) throw new AppError('not-found', 'There is no such file in the store.');
    try {
      const isLonger = until !== null && (now.until === null || now.until < until);
      if (isLonger && this.#mode !== null) {
        const Retention = { Mode: this.#mode, RetainUntilDate: until };
        await this.#client.send(new PutObjectRetentionCommand({ ...object, Retention }));
      }
      if (now.hold !== hold) {
        const LegalHold = { Status: hold ? 'ON' : 'OFF' } as const;
        await this.#client.send(new PutObjectLegalHoldCommand({ ...object, LegalHold }));
      }
    } catch (error) {
      throw storeError(error, this.label);
    }
  }

  async remove(folder: string): Promise<void> {
    const { bucket } = this.#settings;
    const prefix = this.#key(`${folder}/`);
    try {
      await abortUploads(this.#client, bucket, prefix);
      await removeUnder(this.#client, bucket, prefix, this.#hasVersions);
    } catch (error) {
      // Of a bucket that locks, this is how it says so.
      if (this.#hasVersions && isCalled(error, 'AccessDenied', 'ObjectLocked')) {
        const message = 'The store keeps files of it, and lets nobody delete them yet.';
        throw new AppError('write-once', message, { cause: error });
      }
      throw storeError(error, this.label);
    }
  }

  close(): void {
    this.#client.destroy();
  }

  #key(name: string): string {
    const { prefix } = this.#settings;
    return prefix === '' ? name : `${prefix}/${name}`;
  }

  #object(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.#settings.bucket, Key: this.#key(name) };
  }
}

/** Of what was to be put, not of the store. */
function isOurs(error: unknown): boolean {
  if (error instanceof SealError) return true;
  const call = error instanceof Error && 'syscall' in error ? error.syscall : undefined;
  return call === 'open' || call === 'read';
}

/** Whether a file is kept less than it should be. */
function isKeptLess(now: Keep, { until, hold }: Keep): boolean {
  return now.hold !== hold || (until !== null && (now.until === null || now.until < until));
}

const modes = { governance: 'GOVERNANCE', compliance: 'COMPLIANCE' } as const;
