import { AppError } from '@switchroom/protocol';
import { SYSTEM, type AuditTrail } from '../audit/AuditTrail.ts';
import type { Database } from '../db/openDatabase.ts';
import type { StatedTable } from '../db/schema.ts';
import { hasRole, userOf } from '../identity/roles.ts';
import { entryOn, statedRow, type Asked } from './Keeping.ts';

const NO_OFFICER = 'Who asked for it is no compliance officer any more.';

/**
 * The first word of two: deletions that wait until a second officer asks for them as well. Each call is made within
 * the transaction of what it is a part of.
 */
export class DeletionRequests {
  readonly #trail: AuditTrail;
  readonly #now: () => number;

  /** `now` is in ms since 1970. */
  constructor(trail: AuditTrail, now: () => number) {
    this.#trail = trail;
    this.#now = now;
  }

  /** The word that waits. One by whom may not delete any more is none: it is dropped, and the trail says why. */
  async standing(recordingId: string, db: Database): Promise<StatedTable | undefined> {
    const row = await db
      .selectFrom('deletions')
      .selectAll()
      .where('recordingId', '=', recordingId)
      .executeTakeFirst();
    if (!row || (await isOfficer(row.userId, db))) return row;
    await this.#drop(row, db);
    return undefined;
  }

  async put(recordingId: string, asked: Asked, db: Database): Promise<void> {
    await db
      .insertInto('deletions')
      .values(statedRow(recordingId, asked, this.#now()))
      .execute();
    await this.#trail.append(entryOn('recording.deletion-asked', recordingId, asked), db);
  }

  /** Errors: `not-found`. */
  async withdraw(recordingId: string, asked: Asked, db: Database): Promise<void> {
    const { numDeletedRows } = await db
      .deleteFrom('deletions')
      .where('recordingId', '=', recordingId)
      .executeTakeFirst();
    if (numDeletedRows === 0n) throw new AppError('not-found', 'Nobody asked for its deletion.');
    await this.#trail.append(entryOn('recording.deletion-withdrawn', recordingId, asked), db);
  }

  /** Drops all of a user who has just ceased to be an officer. */
  async dropOf(userId: string, db: Database): Promise<void> {
    const rows = await db
      .selectFrom('deletions')
      .selectAll()
      .where('userId', '=', userId)
      .orderBy('at')
      .execute();
    for (const row of rows) await this.#drop(row, db);
  }

  async #drop({ recordingId, by }: StatedTable, db: Database): Promise<void> {
    await db.deleteFrom('deletions').where('recordingId', '=', recordingId).execute();
    await this.#trail.append(
      {
        ...{ ...SYSTEM, action: 'recording.deletion-withdrawn' },
        subject: { type: 'recording', id: recordingId },
        details: { askedBy: by, reason: NO_OFFICER },
      },
      db,
    );
  }
}

async function isOfficer(userId: string, db: Database): Promise<boolean> {
  const row = await db
    .selectFrom('users')
    .selectAll()
    .where('id', '=', userId)
    .where('removedAt', 'is', null)
    .executeTakeFirst();
  return row !== undefined && hasRole(userOf(row), 'compliance-officer');
}
