/**
 * Stable error codes, for programs. The text beside them is for people and may change.
 * REST answers carry them as RFC 9457 problem details (`code`), sockets in `Result`.
 */
export const errorStatus = {
  'bad-request': 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'did-unknown': 404,
  'method-not-allowed': 405,
  conflict: 409,
  'pin-wrong': 403,
  /** Whether the PIN is right is told to nobody now: ask again after `retryAfterMs`. */
  'pin-later': 429,
  'meeting-ended': 410,
  /** Nobody may come in now; a host can unlock it. */
  'meeting-locked': 423,
  /** The dial-out policy does not allow this number. */
  'number-not-allowed': 403,
  /** No trunk takes calls to the outside, or no gateway is there. */
  'dial-out-unavailable': 503,
  'recording-off': 409,
  /** The store keeps it until its time is over, and lets nobody remove it before. */
  'write-once': 409,
  /** The recording policy asks for a `reason` of who plays or exports. */
  'reason-required': 400,
  /** What would open this recording was never meant to be on this server. */
  'key-elsewhere': 409,
  /** The server's own key to this recording is not there any more. */
  'key-lost': 409,
  /** It is not in the vault as it was sealed, or not at all; an alarm tells which file. 500, as whoever does not know the code takes it. */
  'recording-damaged': 500,
  'payload-too-large': 413,
  'range-not-satisfiable': 416,
  'rate-limited': 429,
  'protocol-version': 400,
  'no-codec': 488,
  internal: 500,
  'not-built': 501,
  'media-unavailable': 503,
  'recorder-unavailable': 503,
  /** Too little space is left to begin a recording. */
  'storage-full': 507,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/** The one error that crosses module and wire boundaries: a stable code and a text for people. */
export class AppError extends Error {
  readonly code: ErrorCode;
  /** When it is worth trying again, if that is known. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options?: { cause?: unknown; retryAfterMs?: number | undefined },
  ) {
    super(message, options);
    this.name = 'AppError';
    this.code = code;
    this.retryAfterMs = options?.retryAfterMs;
  }

  /** The same as `Retry-After` has it, in HTTP and SIP: in whole seconds. */
  get retryAfter(): string | undefined {
    return this.retryAfterMs === undefined
      ? undefined
      : String(Math.ceil(this.retryAfterMs / 1000));
  }

  /** The HTTP status that goes with the code. */
  get status(): number {
    return errorStatus[this.code];
  }
}

/** A failed request, as it goes over the wire. */
export interface Failure {
  ok: false;
  code: ErrorCode;
  message: string;
  retryAfterMs?: number;
}

/** What every socket request is acknowledged with. */
export type Result<T> = { ok: true; value: T } | Failure;

/** Acknowledgement callback of a socket request. */
export type Ack<T> = (result: Result<T>) => void;

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** Any thrown value as a failed `Result`; what is not an `AppError` shows no inner detail. */
export function failure(error: unknown): Failure {
  if (error instanceof AppError) {
    const { code, message, retryAfterMs } = error;
    return { ok: false, code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  }
  return { ok: false, code: 'internal', message: 'Something went wrong on the server.' };
}

/** The value of a `Result`, or its error thrown as an `AppError`. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new AppError(result.code, result.message, { retryAfterMs: result.retryAfterMs });
}
