import { AppError, failure, type ErrorCode } from '@switchroom/protocol';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';

/** RFC 9457 problem details, with our stable `code`. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
});
type Problem = z.infer<typeof problemSchema>;

/** The code as words: `recording-off` is "Recording off". */
function titleOf(code: ErrorCode): string {
  const words = code.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function problemOf(error: AppError): Problem {
  const { code, status, message } = error;
  return {
    type: `urn:switchroom:problem:${code}`,
    title: titleOf(code),
    // Only phones know 488; over HTTP it is a bad request.
    status: status === 488 ? 400 : status,
    code,
    detail: message,
  };
}

/** What body parser and router throw carries an HTTP status and no code of ours. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('status' in error)) return undefined;
  return typeof error.status === 'number' ? error.status : undefined;
}

/** Any thrown value as an `AppError`; what nobody foresaw shows no inner detail. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const status = statusOf(error);
  const cause = { cause: error };
  if (status === 413) return new AppError('payload-too-large', 'The body is too large.', cause);
  // As `%ff` in a path.
  if (error instanceof URIError) return new AppError('bad-request', 'This is no address.', cause);
  if (status !== undefined && status >= 400 && status < 500) {
    return new AppError('bad-request', 'The request cannot be read; is it valid JSON?', cause);
  }
  const { code, message } = failure(error);
  return new AppError(code, message, cause);
}

export function sendProblem(response: Response, error: AppError): void {
  const problem = problemOf(error);
  if (error.code === 'unauthenticated') response.set('WWW-Authenticate', 'Bearer');
  if (error.retryAfter !== undefined) response.set('Retry-After', error.retryAfter);
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

export const unknownRoute: RequestHandler = () => {
  throw new AppError('not-found', 'There is nothing at this address.');
};

/** For an address that exists, and a method that it does not have (RFC 9110 section 15.5.6). */
export function onlyMethods(methods: string[]): RequestHandler {
  const allowed = methods.map((method) => method.toUpperCase());
  if (allowed.includes('GET')) allowed.push('HEAD');
  return (request, response) => {
    response.set('Allow', allowed.join(', '));
    if (request.method !== 'OPTIONS') {
      throw new AppError('method-not-allowed', `Only ${allowed.join(', ')} can be done here.`);
    }
    response.status(204).end();
  };
}

/** The last handler: every error becomes problem details. */
export function problemHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const problem = toAppError(error);
    // The path may hold a join token, the route does not.
    const route = (request.route as { path?: string } | undefined)?.path;
    const { method } = request;
    if (problem.status === 500) logger.error({ err: error, method, route }, 'request failed');
    else logger.debug({ code: problem.code, method, route }, 'request refused');
    if (response.headersSent) next(error);
    else sendProblem(response, problem);
  };
}
