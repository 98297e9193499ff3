import { AppError, failure, ok, type Ack, type Result } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { z } from 'zod';

/** How requests of one namespace are answered: a function for each. */
export type Handlers<Requests extends Record<string, z.ZodType>, Results> = {
  [K in keyof Requests]: (
    payload: z.output<Requests[K]>,
  ) => K extends keyof Results ? Results[K] | Promise<Results[K]> : never;
};

/** A zod error as one line that names the field, without the value. */
export function describeIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  const path = issue?.path.join('.') ?? '';
  const message = issue?.message ?? 'is not valid';
  return path === '' ? message : `${path}: ${message}`;
}

/**
 * The listener of one request: parses, runs, acknowledges. A request without an ack function is
 * ignored, since nobody would learn what became of it. Never throws.
 */
export function handle<S extends z.ZodType>(
  event: string,
  schema: S,
  run: (payload: z.output<S>) => unknown,
  logger: Logger,
): (payload: unknown, ack: unknown) => void {
  const answer = async (payload: unknown): Promise<Result<unknown>> => {
    try {
      const parsed = schema.safeParse(payload);
      if (!parsed.success) throw new AppError('bad-request', describeIssue(parsed.error));
      return ok(await run(parsed.data));
    } catch (error) {
      const result = failure(error);
      if (result.code === 'internal') logger.error({ err: error, event }, 'handle() | failed');
      else logger.debug({ event, code: result.code }, 'handle() | refused');
      return result;
    }
  };
  return (payload, ack) => {
    if (typeof ack !== 'function') {
      logger.debug({ event }, 'handle() | ignored: no ack');
      return;
    }
    void answer(payload).then((result) => (ack as Ack<unknown>)(result));
  };
}
