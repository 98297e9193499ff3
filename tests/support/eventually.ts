import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  /** What is waited for, for the message when it never comes. */
  what: string;
  /** ms; 15 s if not given. */
  within?: number;
  /** Time between two looks, ms. */
  every?: number;
}

/**
 * Looks again and again until `look` gives something other than undefined or false, and gives that.
 * A look that throws counts as "not yet"; its error is told when the time is over.
 */
export async function eventually<T>(
  look: () => T | Promise<T>,
  { what, within = 15_000, every = 50 }: EventuallyOptions,
): Promise<Exclude<T, false | undefined>> {
  const deadline = performance.now() + within;
  let cause: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found as Exclude<T, false | undefined>;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) {
      const why = cause instanceof Error ? `: ${cause.message}` : '';
      throw new Error(`Not within ${within / 1000} s: ${what}${why}`, { cause });
    }
    await delay(every);
  }
}
