import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type ListMultipartUploadsCommandOutput,
  type ObjectLockMode,
  type S3Client,
} from '@aws-sdk/client-s3';
import { checked } from '../content.ts';
import type { Content, Keep } from '../FileStore.ts';
import { PART_BYTES, partsOf, type FinishedPart } from './Part.ts';
import { isMissing } from './storeError.ts';

/** A part must have gone through in this, and a store have put them together, ms; nobody waits for it. */
const PART_MS = 60_000;

export interface Upload {
  client: S3Client;
  bucket: string;
  key: string;
  content: Content;
  lock: LockHeaders;
  signal: AbortSignal | undefined;
}

/** What an object is put with, so that there is no moment at which it could be removed. */
export interface LockHeaders {
  ObjectLockMode?: ObjectLockMode;
  ObjectLockRetainUntilDate?: Date;
  ObjectLockLegalHoldStatus?: 'ON' | 'OFF';
}

export function lockHeaders(mode: ObjectLockMode | null, { until, hold }: Keep): LockHeaders {
  if (mode === null) return {};
  const period = until && { ObjectLockMode: mode, ObjectLockRetainUntilDate: until };
  return { ...period, ObjectLockLegalHoldStatus: hold ? 'ON' : 'OFF' };
}

/**
 * Puts an object. Each part goes with its MD5, which any store checks, and with its SHA-256 as part of the
 * request's signature. The object is there once all of it is, and has been found to be what its seal says.
 */
export async function upload(options: Upload): Promise<void> {
  if (options.content.size > PART_BYTES) await inParts(options);
  else await atOnce(options);
}

async function atOnce({ client, bucket, key, content, lock, signal }: Upload): Promise<void> {
  const [part] = await Array.fromAsync(partsOf(checked(content)));
  const { body: Body, md5: ContentMD5 } = part!;
  const put = new PutObjectCommand({
    ...{ Bucket: bucket, Key: key, Body, ContentMD5, ...lock },
    Metadata: { sha256: content.sha256 },
  });
  put.middlewareStack.add(saying(part!), { step: 'build' });
  await client.send(put, given(signal));
}

async function inParts(options: Upload): Promise<void> {
  const { client, bucket, key, content, lock, signal } = options;
  const object = { Bucket: bucket, Key: key };
  // What an earlier one left that was killed.
  await abortUploads(client, bucket, key);
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...object, ...lock, Metadata: { sha256: content.sha256 } }),
    given(signal),
  );
  const Parts: CompletedPart[] = [];
  try {
    for await (const part of partsOf(checked(content))) {
      const PartNumber = Parts.length + 1;
      const { body: Body, md5: ContentMD5 } = part;
      const put = new UploadPartCommand({ ...object, UploadId, PartNumber, Body, ContentMD5 });
      put.middlewareStack.add(saying(part), { step: 'build' });
      const { ETag } = await client.send(put, given(signal));
      Parts.push({ ETag, PartNumber });
    }
    await client.send(
      new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }),
      given(signal),
    );
  } catch (error) {
    // Told to stop, we do not wait: the next one, or the removal, clears up.
    if (signal?.aborted !== true) {
      await client
        .send(new AbortMultipartUploadCommand({ ...object, UploadId }))
        .catch(() => undefined);
    }
    throw error;
  }
}

/** Ends uploads that were begun under such a key and not finished. */
export async function abortUploads(client: S3Client, bucket: string, prefix: string) {
  for (let marker: { KeyMarker?: string; UploadIdMarker?: string } | null = {}; marker !== null;) {
    const page: ListMultipartUploadsCommandOutput = await client.send(
      new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...marker }),
    );
    for (const { Key, UploadId } of page.Uploads ?? []) {
      const abort = new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId });
      await client.send(abort).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
    }
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
    const goesOn = page.IsTruncated === true && KeyMarker !== undefined;
    marker = goesOn ? { KeyMarker, ...(UploadIdMarker !== undefined && { UploadIdMarker }) } : null;
  }
}

/** Tells the sum that goes into the signature: it would be made anew, all at once. */
function saying({ sha256 }: FinishedPart) {
  return <A extends { request: unknown }, R>(next: (args: A) => Promise<R>) =>
    (args: A): Promise<R> => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers['x-amz-content-sha256'] = sha256;
      return next(args);
    };
}

function given(signal: AbortSignal | undefined): {
  requestTimeout: number;
  abortSignal?: AbortSignal;
} {
  return { requestTimeout: PART_MS, ...(signal && { abortSignal: signal }) };
}
