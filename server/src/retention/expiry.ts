import type { RecordingKeeping, RecordingView } from '@switchroom/protocol';

const DAY_MS = 24 * 3600 * 1000;

/**
 * When retention deletes a recording (ISO 8601, UTC); null: never, or not before it has ended. A meeting can
 * ask for longer than the policy, never for shorter: what its host would like to be gone stays.
 */
export function expiryOf(
  { endedAt, state }: Pick<RecordingView, 'endedAt' | 'state'>,
  { retentionDays }: Pick<RecordingKeeping, 'retentionDays'>,
  ofMeeting: number | null,
): string | null {
  if (retentionDays === null || endedAt === null || state === 'recording') return null;
  const days = Math.max(retentionDays, ofMeeting ?? 0);
  return new Date(Date.parse(endedAt) + days * DAY_MS).toISOString();
}

/** What ended after this (ms since 1970) is kept by the policy, whatever its meeting says. */
export function cutoff(now: number, retentionDays: number): string {
  return new Date(now - retentionDays * DAY_MS).toISOString();
}
