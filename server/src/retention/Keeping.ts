import {
  AppError,
  type KeptRecordingView,
  type RecordingView,
  type Stated,
  type StorageView,
} from '@switchroom/protocol';
import type { FileStore } from '@switchroom/recordings/vault';
import type { AuditSource, AuditTrail } from '../audit/AuditTrail.ts';
import type { Database } from '../db/openDatabase.ts';
import type { StatedTable, StoredRecordingsTable } from '../db/schema.ts';
import type { RecordingKeys } from '../recording/RecordingKeys.ts';
import { expiryOf } from './expiry.ts';
import type { RecordingPolicy } from './RecordingPolicy.ts';

const LOCAL: StorageView = { place: 'local', bucket: null, lockedUntil: null };

/** Who asks for something to be done with a recording, and why. */
export interface Asked {
  /** A user's. */
  source: AuditSource;
  reason: string;
}

export interface KeepingOptions {
  db: Database;
  policy: RecordingPolicy;
  trail: AuditTrail;
  keys: Pick<RecordingKeys, 'of'>;
  /** Where recordings are moved to once they are sealed; default: nowhere. */
  store?: Pick<FileStore, 'label'> | null;
  /** ms since 1970. */
  now?: () => number;
}

/** Legal holds, and what recordings show of how long they are kept. */
export class Keeping {
  readonly #options: KeepingOptions;
  readonly #now: () => number;

  constructor(options: KeepingOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => Date.now());
  }

  /**
   * Puts a recording under hold, or says a new reason for it. A deletion that waits for a second officer is off.
   * Errors: `not-found`.
   */
  async hold(recordingId: string, asked: Asked): Promise<Stated> {
    const { db, trail } = this.#options;
    const row = statedRow(recordingId, asked, this.#now());
    await db.transaction().execute(async (trx) => {
      await mustExist(recordingId, trx);
      const { recordingId: _, ...change } = row;
      await trx
        .insertInto('holds')
        .values(row)
        .onConflict((conflict) => conflict.column('recordingId').doUpdateSet(change))
        .execute();
      await trx.deleteFrom('deletions').where('recordingId', '=', recordingId).execute();
      await trail.append(entryOn('recording.hold-set', recordingId, asked), trx);
    });
    return statedOf(row);
  }

  /** Errors: `not-found`; `conflict` when there is no hold. */
  async lift(recordingId: string, asked: Asked): Promise<void> {
    const { db, trail } = this.#options;
    await db.transaction().execute(async (trx) => {
      await mustExist(recordingId, trx);
      const { numDeletedRows } = await trx
        .deleteFrom('holds')
        .where('recordingId', '=', recordingId)
        .executeTakeFirst();
      if (numDeletedRows === 0n) throw new AppError('conflict', 'There is no hold to be lifted.');
      await trail.append(entryOn('recording.hold-lifted', recordingId, asked), trx);
    });
  }

  /** The recordings with what is known of their keys, their hold, their deletion and their end. */
  async describe(recordings: readonly RecordingView[]): Promise<KeptRecordingView[]> {
    if (recordings.length === 0) return [];
    const { db, policy, keys, store } = this.#options;
    const ids = recordings.map(({ id }) => id);
    const keyOf = await keys.of(ids);
    const [holds, deletions] = await Promise.all(
      (['holds', 'deletions'] as const).map(async (table) => {
        const rows = await db
          .selectFrom(table)
          .selectAll()
          .where('recordingId', 'in', ids)
          .execute();
        return new Map(rows.map((row) => [row.recordingId, statedOf(row)]));
      }),
    );
    const meetings = await db
      .selectFrom('meetings')
      .select(['id', 'title', 'retentionDays'])
      .where('id', 'in', [...new Set(recordings.map(({ meetingId }) => meetingId))])
      .execute();
    const meetingOf = new Map(meetings.map((meeting) => [meeting.id, meeting]));
    const stored = await db
      .selectFrom('storedRecordings')
      .selectAll()
      .where('recordingId', 'in', ids)
      .execute();
    const storageOf = new Map<string, StorageView>(
      stored.map((row) => [row.recordingId, storageView(row, store?.label ?? null)]),
    );
    return recordings.map((recording) => {
      const meeting = meetingOf.get(recording.meetingId);
      const storage = storageOf.get(recording.id) ?? LOCAL;
      const expiresAt = expiryOf(recording, policy.value, meeting?.retentionDays ?? null);
      return {
        ...recording,
        ...keyOf(recording.id),
        meetingTitle: meeting?.title ?? '',
        hold: holds?.get(recording.id) ?? null,
        deletion: deletions?.get(recording.id) ?? null,
        expiresAt: expiresAt && later(expiresAt, storage.lockedUntil),
        storage,
      };
    });
  }
}

export function statedRow(recordingId: string, asked: Asked, now: number): StatedTable {
  const { id, name } = asked.source.actor;
  return {
    ...{ recordingId, reason: asked.reason, userId: id ?? '', by: name ?? '' },
    at: new Date(now).toISOString(),
  };
}

export function entryOn(action: string, id: string, { source, reason }: Asked) {
  return { ...source, action, subject: { type: 'recording', id }, details: { reason } };
}

function statedOf({ reason, by, at }: StatedTable): Stated {
  return { reason, by, at };
}

/** Of two times; the store lets nothing go before its own. */
function later(time: string, lockedUntil: string | null): string {
  return lockedUntil !== null && lockedUntil > time ? lockedUntil : time;
}

function storageView(
  { storedAt, lockedUntil }: StoredRecordingsTable,
  bucket: string | null,
): StorageView {
  return { place: storedAt === null ? 'moving' : 'store', bucket, lockedUntil };
}

async function mustExist(id: string, db: Database): Promise<void> {
  const row = await db
    .selectFrom('recordings')
    .select('id')
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) throw new AppError('not-found', 'There is no such recording.');
}
