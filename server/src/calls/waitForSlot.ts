export const HOUR_MS = 3_600_000;

/**
 * How long until one more may begin of which there may be `most` (1 at least) within any hour, ms; 0: now. `begun` has the times of
 * those before, the oldest first.
 */
export function waitForSlot(begun: readonly { at: number }[], most: number, now: number): number {
  // The one that has to be an hour ago: with the newer ones there are as many as there may be.
  const last = begun[begun.length - most];
  return last === undefined ? 0 : Math.max(0, last.at + HOUR_MS - now);
}
