import { AppError } from '@switchroom/protocol';

/** The message key of the words for `error`. What is not an `AppError` counts as internal. */
export function errorKey(error: unknown): `errors.${string}` {
  return `errors.${error instanceof AppError ? error.code : 'internal'}`;
}
