import { AppError } from '@switchroom/protocol';

/** Whether a file of a recording is damaged or gone, as the server says it of the whole of one. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof AppError && error.code === 'recording-damaged';
}
