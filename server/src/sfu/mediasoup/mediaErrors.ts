import { AppError, type ErrorCode } from '@switchroom/protocol';

/** Runs a call into mediasoup; what it throws becomes an `AppError` with this code and text. */
export async function orFail<T>(
  code: ErrorCode,
  message: string,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw new AppError(code, message, { cause: error });
  }
}
