import type { AlarmKind, AlarmView, AuditEntry } from '@switchroom/protocol';
import type { Database } from '../db/openDatabase.ts';

/** What nobody finds again by looking once more: it lasts until an officer has seen to it. */
const FOUND_ONCE: readonly AlarmKind[] = ['recording-damaged', 'chain-broken'];

/** Such alarms as the audit trail has them: raised before the server was started anew, and not cleared; oldest first. */
export async function lastingAlarms(db: Database): Promise<AlarmView[]> {
  const rows = await db
    .selectFrom('audit')
    .select('entry')
    .where('action', 'in', ['alarm.raised', 'alarm.cleared'])
    .orderBy('seq')
    .execute();
  const lasting = new Map<string, AlarmView>();
  for (const { entry } of rows) {
    const { action, at, subject, details } = JSON.parse(entry) as AuditEntry;
    const { kind, alarmId, ...more } = details as AlarmView['details'] & { kind: AlarmKind };
    if (!FOUND_ONCE.includes(kind)) continue;
    const key = JSON.stringify([kind, subject, more['file']]);
    lasting.delete(key);
    if (action === 'alarm.cleared') continue;
    lasting.set(key, {
      ...{ id: alarmId ?? '', kind, meetingId: null, details: more },
      subject: {
        ...subject,
        ...(more['file'] !== undefined && { file: more['file'] }),
      } as AlarmView['subject'],
      ...{ raisedAt: at, clearedAt: null },
    });
  }
  const there = await db
    .selectFrom('recordings')
    .select('id')
    .where(
      'id',
      'in',
      [...lasting.values()].map(({ subject }) => subject.id),
    )
    .execute();
  const ids = new Set(there.map(({ id }) => id));
  // One that was deleted since is nothing to see to.
  return [...lasting.values()].filter(
    ({ subject: { type, id } }) => type !== 'recording' || ids.has(id),
  );
}
