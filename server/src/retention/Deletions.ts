import { AppError, type RecordingView, type TombstoneView } from '@switchroom/protocol';
import type { Vault } from '@switchroom/recordings/vault';
import type { Logger } from 'pino';
import { SYSTEM, type AuditDraft } from '../audit/AuditTrail.ts';
import type { Database } from '../db/openDatabase.ts';
import type { TombstonesTable } from '../db/schema.ts';
import { DeletionRequests } from './DeletionRequests.ts';
import { cutoff, expiryOf } from './expiry.ts';
import { entryOn, type Asked, type KeepingOptions } from './Keeping.ts';

export interface DeletionsOptions extends Omit<KeepingOptions, 'keys'> {
  vault: Pick<Vault, 'remove' | 'isOpen'>;
  logger: Logger;
}

type Recording = Pick<RecordingView, 'id' | 'meetingId' | 'startedAt' | 'endedAt' | 'state'>;

/**
 * After a server or a recorder has died, a recording counts as failed until its recorder goes on with it or another one seals it:
 * within a minute. One that cannot be sealed at all stays open, and can be deleted after this, ms.
 */
const OPEN_MS = 600_000;
const EXPIRED = 'The retention period is over.';

/**
 * Lets recordings go, by an officer's word or when their time is over: first the word of it, in one transaction
 * with the audit trail, then the sound and its keys. What a crash leaves in between is erased by `sweep()`.
 */
export class Deletions {
  readonly #options: DeletionsOptions;
  readonly #now: () => number;
  readonly #logger: Logger;
  readonly #requests: DeletionRequests;

  constructor(options: DeletionsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => Date.now());
    this.#logger = options.logger.child({ file: 'Deletions' });
    this.#requests = new DeletionRequests(options.trail, this.#now);
  }

  /**
   * Deletes, or, where the policy wants two, waits for another officer to ask as well; the first must be one still
   * when the second asks. Errors: `not-found`; `conflict` under hold, while it is being recorded or may go on to be, and for the same
   * officer twice; `write-once` as long as the store keeps it; `unavailable` when it is deleted but its files could
   * not be removed yet.
   */
  async delete(id: string, asked: Asked): Promise<'deleted' | 'waiting'> {
    const { db, policy } = this.#options;
    const isOpen = await this.#options.vault.isOpen(id);
    const verdict = await db.transaction().execute(async (trx) => {
      const recording = await deletable(id, trx, this.#now());
      if (isOpen && Date.parse(recording.endedAt ?? '') > this.#now() - OPEN_MS) throw stillOpen();
      const before = await this.#requests.standing(id, trx);
      const isSame = before?.userId === asked.source.actor.id;
      if (policy.value.twoToDelete && (!before || isSame)) {
        if (before) throw new AppError('conflict', 'A second officer must confirm this.');
        await this.#requests.put(id, asked, trx);
        return 'waiting' as const;
      }
      const first = before && !isSame ? [before] : [];
      const by = [...first.map((one) => one.by), asked.source.actor.name ?? ''];
      const reason = [...first.map((one) => one.reason), asked.reason].join('; ');
      const draft = entryOn('recording.deleted', id, asked);
      const details = { ...draft.details, by, meetingId: recording.meetingId };
      await this.#bury(recording, { by, reason }, { ...draft, details }, trx);
      return 'deleted' as const;
    });
    if (verdict === 'deleted' && !(await this.#erase(id))) {
      throw new AppError(
        'unavailable',
        'It is deleted; its files will be removed as soon as can be.',
      );
    }
    return verdict;
  }

  /** Takes back a deletion that waits for a second officer. Errors: `not-found`. */
  async withdraw(id: string, asked: Asked): Promise<void> {
    const { db } = this.#options;
    await db.transaction().execute((trx) => this.#requests.withdraw(id, asked, trx));
  }

  /** Within the transaction in which a user ceases to be an officer: what they asked for waits no longer. */
  async withdrawAllOf(userId: string, within: Database): Promise<void> {
    await this.#requests.dropOf(userId, within);
  }

  /** Deletes what has expired and is under no hold, and erases what is deleted. Gives how many expired. */
  async sweep(): Promise<number> {
    const expired = await this.#expire();
    const { db } = this.#options;
    const rows = await db
      .selectFrom('tombstones')
      .select('id')
      .where('erasedAt', 'is', null)
      .execute();
    for (const { id } of rows) await this.#erase(id);
    return expired;
  }

  /** Newest first, at most `limit`, from before `before` (an id) on. */
  async tombstones(limit: number, before?: string): Promise<TombstoneView[]> {
    const { db } = this.#options;
    let select = db.selectFrom('tombstones').selectAll();
    if (before !== undefined) {
      const last = await select.where('id', '=', before).executeTakeFirst();
      if (!last) throw new AppError('bad-request', 'cursor: is not one of ours');
      const { deletedAt } = last;
      select = select.where((eb) =>
        eb.or([
          eb('deletedAt', '<', deletedAt),
          eb.and([eb('deletedAt', '=', deletedAt), eb('id', '<', before)]),
        ]),
      );
    }
    const rows = await select
      .orderBy('deletedAt', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return rows.map(tombstoneOf);
  }

  /** Errors: `not-found`. */
  async tombstone(id: string): Promise<TombstoneView> {
    const row = await this.#options.db
      .selectFrom('tombstones')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    if (!row) throw new AppError('not-found', 'No such recording was deleted.');
    return tombstoneOf(row);
  }

  async #expire(): Promise<number> {
    const { db, policy } = this.#options;
    const { retentionDays } = policy.value;
    if (retentionDays === null) return 0;
    const due = await db
      .selectFrom('recordings')
      .select('id')
      .where('endedAt', '<=', cutoff(this.#now(), retentionDays))
      .execute();
    let expired = 0;
    for (const { id } of due) {
      if (await db.transaction().execute((trx) => this.#expireOne(id, trx))) expired += 1;
    }
    return expired;
  }

  /** Looked at anew, in the transaction: it may have come under hold a moment ago. */
  async #expireOne(id: string, db: Database): Promise<boolean> {
    const row = await db
      .selectFrom('recordings')
      .innerJoin('meetings', 'meetings.id', 'recordings.meetingId')
      .leftJoin('holds', 'holds.recordingId', 'recordings.id')
      .leftJoin('storedRecordings as stored', 'stored.recordingId', 'recordings.id')
      .selectAll('recordings')
      .select(['meetings.retentionDays as ofMeeting', 'holds.reason as hold', 'stored.lockedUntil'])
      .where('recordings.id', '=', id)
      .executeTakeFirst();
    if (!row || row.hold !== null) return false;
    const expiresAt = expiryOf(row, this.#options.policy.value, row.ofMeeting);
    if (expiresAt === null || Date.parse(expiresAt) > this.#now()) return false;
    // Retention was made shorter; the store still keeps it.
    if (isLocked(row.lockedUntil, this.#now())) return false;
    const { meetingId, startedAt } = row;
    await this.#bury(
      row,
      { by: [], reason: EXPIRED },
      {
        ...{ ...SYSTEM, action: 'recording.expired', subject: { type: 'recording', id } },
        details: { meetingId, startedAt, expiresAt },
      },
      db,
    );
    return true;
  }

  async #bury(
    { id, meetingId, startedAt }: Recording,
    { by, reason }: { by: string[]; reason: string },
    entry: AuditDraft,
    db: Database,
  ): Promise<void> {
    const deletedAt = new Date(this.#now()).toISOString();
    await db
      .insertInto('tombstones')
      .values({
        id,
        meetingId,
        startedAt,
        deletedAt,
        by: JSON.stringify(by),
        reason,
        erasedAt: null,
      })
      .execute();
    // Tracks, and what was stated of it, go with it.
    await db.deleteFrom('recordings').where('id', '=', id).execute();
    await this.#options.trail.append(entry, db);
  }

  /** The files. False when that failed; it is tried again. */
  async #erase(id: string): Promise<boolean> {
    const { db, vault, trail } = this.#options;
    try {
      await vault.remove(id);
      await db.transaction().execute(async (trx) => {
        const erasedAt = new Date(this.#now()).toISOString();
        await trx.updateTable('tombstones').set({ erasedAt }).where('id', '=', id).execute();
        const subject = { type: 'recording', id };
        await trail.append({ ...SYSTEM, action: 'recording.erased', subject }, trx);
      });
      return true;
    } catch (error) {
      this.#logger.error({ err: error, recordingId: id }, 'erase() | files not removed yet');
      return false;
    }
  }
}

function isLocked(until: string | null, now: number): until is string {
  return until !== null && Date.parse(until) > now;
}

function stillOpen(): AppError {
  return new AppError('conflict', 'A recorder has it open still; try again in a few minutes.');
}

/** Errors: `not-found`, `conflict`, `write-once`. */
async function deletable(id: string, db: Database, now: number): Promise<Recording> {
  const row = await db
    .selectFrom('recordings')
    .leftJoin('holds', 'holds.recordingId', 'recordings.id')
    .leftJoin('storedRecordings as stored', 'stored.recordingId', 'recordings.id')
    .selectAll('recordings')
    .select(['holds.reason as hold', 'stored.lockedUntil'])
    .where('recordings.id', '=', id)
    .executeTakeFirst();
  if (!row) throw new AppError('not-found', 'There is no such recording.');
  if (row.hold !== null) throw new AppError('conflict', 'It is under legal hold; lift that first.');
  if (row.state === 'recording')
    throw new AppError('conflict', 'It is being recorded; stop that first.');
  if (isLocked(row.lockedUntil, now)) {
    const message = `The store keeps it until ${row.lockedUntil}, and lets nobody delete it before.`;
    throw new AppError('write-once', message);
  }
  return row;
}

function tombstoneOf({ by, erasedAt: _, ...row }: TombstonesTable): TombstoneView {
  return { ...row, by: JSON.parse(by) as string[] };
}
