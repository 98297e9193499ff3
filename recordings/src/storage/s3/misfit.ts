import { ConfigError, type S3Settings } from '@switchroom/protocol';
import { S3ServiceException } from '@aws-sdk/client-s3';

/** The setting that the store does not accept, in one line; `null` when it is none of them. */
export function misfit(error: unknown, settings: S3Settings): ConfigError | null {
  if (!(error instanceof S3ServiceException)) return null;
  const { bucket, endpoint = 'AWS' } = settings;
  const lines: Record<string, string> = {
    InvalidAccessKeyId: `S3_ACCESS_KEY_ID: ${endpoint} does not know it`,
    SignatureDoesNotMatch: `S3_SECRET_ACCESS_KEY: ${endpoint} does not accept it`,
    AccessDenied: `S3_ACCESS_KEY_ID: may not use the bucket ${bucket} at ${endpoint}`,
    NoSuchBucket: `S3_BUCKET: there is no bucket ${bucket} at ${endpoint}`,
    PermanentRedirect: `S3_REGION: the bucket ${bucket} is in another one`,
    AuthorizationHeaderMalformed: `S3_REGION: ${endpoint} is in another one`,
    ObjectLockConfigurationNotFoundError: noLock(bucket),
    NotImplemented: noLock(bucket),
  };
  const line = lines[error.name];
  return line === undefined ? null : new ConfigError(line);
}

function noLock(bucket: string): string {
  return `S3_OBJECT_LOCK: the bucket ${bucket} has no Object Lock; make one that has it, or leave this off`;
}
