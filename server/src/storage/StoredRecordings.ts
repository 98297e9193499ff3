import type { Keep } from '@switchroom/recordings/vault';
import { sql } from 'kysely';
import type { Database } from '../db/openDatabase.ts';
import { expiryOf } from '../retention/expiry.ts';
import type { RecordingPolicy } from '../retention/RecordingPolicy.ts';

const DAY_MS = 24 * 3600 * 1000;

export interface StoredRecordingsOptions {
  db: Database;
  policy: RecordingPolicy;
  /** Whether the store is to keep files until their time is over. */
  locks: boolean;
  /** ms since 1970. */
  now?: () => number;
}

/** What the database knows of recordings in the store, and how long policy and holds want them to be kept there. */
export class StoredRecordings {
  readonly #db: Database;
  readonly #policy: RecordingPolicy;
  readonly #locks: boolean;
  readonly #now: () => number;

  constructor({ db, policy, locks, now = Date.now }: StoredRecordingsOptions) {
    this.#db = db;
    this.#policy = policy;
    this.#locks = locks;
    this.#now = now;
  }

  /**
   * Notes that a recording is about to be moved, and how long it is kept from then on: a part of it may be there soon.
   * `null` when there is none, or when it has not ended.
   */
  async begin(recordingId: string): Promise<Keep | null> {
    return await this.#db.transaction().execute(async (trx) => {
      const row = await trx
        .selectFrom('recordings')
        .innerJoin('meetings', 'meetings.id', 'recordings.meetingId')
        .leftJoin('holds', 'holds.recordingId', 'recordings.id')
        .select(['recordings.endedAt', 'recordings.state', 'meetings.retentionDays'])
        .select('holds.at as hold')
        .where('recordings.id', '=', recordingId)
        .executeTakeFirst();
      if (!row || row.state === 'recording') return null;
      const keep = this.#keep(expiryOf(row, this.#policy.value, row.retentionDays), row.hold);
      const values = { storedAt: null, lockedUntil: iso(keep.until), held: flag(keep.hold) };
      await trx
        .insertInto('storedRecordings')
        .values({ recordingId, ...values })
        .onConflict((conflict) => conflict.column('recordingId').doUpdateSet(values))
        .execute();
      return keep;
    });
  }

  /** All of it is there. False when it was deleted meanwhile. */
  async done(recordingId: string): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('storedRecordings')
      .set({ storedAt: new Date(this.#now()).toISOString() })
      .where('recordingId', '=', recordingId)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  /** Those that are to be kept otherwise than they are: a hold was set or lifted, retention made longer. */
  async outdated(): Promise<{ recordingId: string; keep: Keep }[]> {
    const days = this.#locks ? this.#policy.value.retentionDays : null;
    const locks = flag(this.#locks);
    const { rows } = await sql<{ recordingId: string; hold: string | null; expiry: string | null }>`
      select * from (
        select s."recordingId", s."held", s."lockedUntil", h."at" as hold,
          strftime('%Y-%m-%dT%H:%M:%fZ', r."endedAt",
            '+' || max(${days}, coalesce(m."retentionDays", 0)) || ' days') as expiry
        from "storedRecordings" s
        join "recordings" r on r."id" = s."recordingId"
        join "meetings" m on m."id" = r."meetingId"
        left join "holds" h on h."recordingId" = r."id"
        where s."storedAt" is not null
      )
      where "held" != (hold is not null and ${locks})
        or (expiry > ${new Date(this.#now()).toISOString()} and coalesce("lockedUntil", '') < expiry)
    `.execute(this.#db);
    return rows.map(({ recordingId, hold, expiry }) => ({
      recordingId,
      keep: this.#keep(expiry, hold),
    }));
  }

  /** The store keeps it so from now on. */
  async kept(recordingId: string, { until, hold }: Keep): Promise<void> {
    await this.#db
      .updateTable('storedRecordings')
      .set({ ...(until && { lockedUntil: iso(until) }), held: flag(hold) })
      .where('recordingId', '=', recordingId)
      .execute();
  }

  /** Of a seal in the chain, which outlives its recording. */
  keepOfSeal(sealedAt: Date): Keep {
    const { retentionDays } = this.#policy.value;
    const until = retentionDays && new Date(sealedAt.getTime() + retentionDays * DAY_MS);
    return this.#keep(until ? until.toISOString() : null, null);
  }

  #keep(expiresAt: string | null, hold: string | null): Keep {
    if (!this.#locks) return { until: null, hold: false };
    // Whole seconds, as stores have them.
    const until = expiresAt && Math.ceil(Date.parse(expiresAt) / 1000) * 1000;
    return {
      until: until && until > this.#now() ? new Date(until) : null,
      hold: hold !== null,
    };
  }
}

function iso(date: Date | null): string | null {
  return date && date.toISOString();
}

function flag(value: boolean): 0 | 1 {
  return value ? 1 : 0;
}
