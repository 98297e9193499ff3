import { S3ServiceException } from '@aws-sdk/client-s3';
import { AppError } from '@switchroom/protocol';

/** Whether the store said that there is no such thing. */
export function isMissing(error: unknown): boolean {
  return isCalled(error, 'NotFound', 'NoSuchKey', 'NoSuchUpload', 'NoSuchVersion');
}

/** By the name that S3 gives to what went wrong. */
export function isCalled(error: unknown, ...names: string[]): boolean {
  return error instanceof S3ServiceException && names.includes(error.name);
}

/**
 * What went wrong in the store, in our words: `unavailable`. What is no matter of the store's stays what it is, as
 * does the end of an `AbortSignal`.
 */
export function storeError(error: unknown, label: string, signal?: AbortSignal): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (error instanceof AppError) return error;
  if (!(error instanceof Error)) return error;
  const answered = error instanceof S3ServiceException;
  const status = answered ? error.$metadata.httpStatusCode : undefined;
  const what = answered && status !== undefined ? `${error.name} (${status})` : reasonOf(error);
  // Its `cause` is a text: the SDK's own errors hold requests, with headers.
  return new AppError('unavailable', `The store ${label} does not do what it is asked: ${what}.`, {
    cause: error.message,
  });
}

/** Why there was no answer. */
function reasonOf(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name;
}
