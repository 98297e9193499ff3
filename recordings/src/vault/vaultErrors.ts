import { AppError } from '@switchroom/protocol';
import { SealError } from '../format/SealError.ts';

export function notFound(): AppError {
  return new AppError('not-found', 'There is no such recording or track.');
}

/** A `SealError` in the words of the protocol; all else stays as it is. */
export function translated(error: unknown): unknown {
  if (!(error instanceof SealError)) return error;
  if (error.fault === 'wrong-key') {
    return new AppError('key-lost', 'No key on this server opens this recording.', {
      cause: error,
    });
  }
  return new AppError('recording-damaged', `The recording cannot be read: ${error.message}`, {
    cause: error,
  });
}
