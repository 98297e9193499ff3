import { AppError, failure } from '@switchroom/protocol';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { handle, type Handlers } from './handle.ts';
import { MessageBudget } from './MessageBudget.ts';

/** As much of a socket.io socket as serving needs. */
export interface ServedSocket {
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  use(middleware: (packet: unknown[], next: (error?: Error) => void) => void): unknown;
}

/** Answers the requests of one socket, at most as many as the budget allows. */
export function serve<Requests extends Record<string, z.ZodType>, Results>(
  socket: ServedSocket,
  requests: Requests,
  handlers: Handlers<Requests, Results>,
  options: { budget: { burst: number; perSecond: number }; logger: Logger },
): void {
  const { logger } = options;
  const budget = new MessageBudget({ ...options.budget, now: performance.now() });
  socket.use((packet, next) => {
    const [event, ...args] = packet;
    const refuse = (error: AppError): void => {
      const ack = args.at(-1);
      logger.debug({ code: error.code }, 'serve() | refused');
      // Not handed on: the packet ends here.
      if (typeof ack === 'function') (ack as (result: unknown) => void)(failure(error));
    };
    if (!budget.take(performance.now())) {
      refuse(new AppError('rate-limited', 'Too many messages; slow down.'));
    } else if (typeof event !== 'string' || !Object.hasOwn(requests, event)) {
      refuse(new AppError('bad-request', 'There is no such request.'));
    } else {
      next();
    }
  });
  for (const [event, schema] of Object.entries(requests)) {
    const run = handlers[event] as (payload: unknown) => unknown;
    const listener = handle(event, schema, run, logger);
    socket.on(event, (payload, ack) => listener(payload, ack));
  }
}
