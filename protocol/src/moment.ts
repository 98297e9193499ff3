import { z } from 'zod';

/** In a query, `?from=` says as much as no `from` at all. */
export const nothing = z.literal('').transform(() => undefined);

/** A time, or a whole day (UTC), of which it takes the first or the last millisecond. */
export function moment(timeOfDay: string) {
  const day = z.iso.date().transform((date) => `${date}T${timeOfDay}Z`);
  return z.union([nothing, z.iso.datetime({ offset: true }), day], {
    error: 'must be a time or a day, as in 2026-01-31T09:30:00Z or 2026-01-31',
  });
}
