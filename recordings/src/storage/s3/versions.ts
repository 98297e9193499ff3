import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';

interface ObjectVersion {
  Key: string;
  VersionId?: string;
}

/** The keys under a prefix, in order. */
export async function* keysUnder(
  client: S3Client,
  bucket: string,
  prefix: string,
): AsyncGenerator<string> {
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
    );
    for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/**
 * Removes whatever lies under a prefix, older versions and marks of deletion too. Goes through all, then throws the
 * first error that there was.
 */
export async function removeUnder(
  client: S3Client,
  bucket: string,
  prefix: string,
  hasVersions: boolean,
): Promise<void> {
  const errors: unknown[] = [];
  const found: AsyncIterable<ObjectVersion> = hasVersions
    ? versionsUnder(client, bucket, prefix)
    : plain(keysUnder(client, bucket, prefix));
  for await (const version of found) {
    await client
      .send(new DeleteObjectCommand({ Bucket: bucket, ...version }))
      .catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw errors[0];
}

async function* versionsUnder(
  client: S3Client,
  bucket: string,
  prefix: string,
): AsyncGenerator<ObjectVersion> {
  let marker: { KeyMarker?: string; VersionIdMarker?: string } | null = {};
  while (marker !== null) {
    const page: ListObjectVersionsCommandOutput = await client.send(
      new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, ...marker }),
    );
    for (const { Key, VersionId } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]) {
      if (Key !== undefined) yield { Key, ...(VersionId !== undefined && { VersionId }) };
    }
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
    const goesOn = page.IsTruncated === true && KeyMarker !== undefined;
    marker = goesOn
      ? { KeyMarker, ...(VersionIdMarker !== undefined && { VersionIdMarker }) }
      : null;
  }
}

async function* plain(keys: AsyncIterable<string>): AsyncGenerator<ObjectVersion> {
  for await (const Key of keys) yield { Key };
}
