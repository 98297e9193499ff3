import { createHash } from 'node:crypto';

/** Entries of an audit trail on one recording, a line each, as the server writes them. */
export function auditLines(
  entries: { seq: number; recordingId: string; action?: string; outcome?: string }[],
): string[] {
  let before: string | null = null;
  return entries.map(({ seq, recordingId, action: what = 'recording.played', outcome = 'ok' }) => {
    // In the order of their names.
    const rest = {
      ...{ action: what, at: '2026-01-02T03:04:05.000Z', details: { ä: [1, 'x'] }, outcome },
      ...{ prev: before ?? '0'.repeat(64), seq, subject: { id: recordingId, type: 'recording' } },
      subjectPrev: before,
    };
    const hash = createHash('sha256').update(JSON.stringify(rest)).digest('hex');
    before = hash;
    const { action, at, details, ...more } = rest;
    return `${JSON.stringify({ action, at, details, hash, ...more })}\n`;
  });
}
