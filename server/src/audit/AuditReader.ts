import { setImmediate } from 'node:timers/promises';
import type { AuditEntry, ListAuditQuery } from '@switchroom/protocol';
import type { Database } from '../db/openDatabase.ts';
import { canonicalJson, flawOf, type Flaw } from './chain.ts';

/** Entries that are read, and looked through, at a time: the database keeps everybody waiting meanwhile. */
const BATCH = 200;
const WINDOW = 1_000;

type Filters = Pick<ListAuditQuery, 'action' | 'actor' | 'subject' | 'q'>;
type Time = Pick<ListAuditQuery, 'from' | 'to'>;

export interface AuditPage {
  items: AuditEntry[];
  /** Give it as `cursor` for the next page; `null` on the last. */
  nextCursor: string | null;
}

export interface AuditVerdict {
  /** Whether every entry is as it was written, and none is missing before the last. */
  ok: boolean;
  /** Entries that were looked at. */
  entries: number;
  /** Of the last one: note it down elsewhere, and what is cut off at the end is known, too. */
  head: string | null;
  /** The first flaw. */
  flaw: Flaw | null;
}

/** Reads the audit trail. */
export class AuditReader {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Newest first. */
  async list({ cursor, limit, ...filters }: ListAuditQuery): Promise<AuditPage> {
    const { first, last } = await this.#range(filters);
    let before = Math.min(last + 1, cursor === undefined ? Infinity : Number(cursor));
    const items: AuditEntry[] = [];
    while (before > first && items.length <= limit) {
      const from = Math.max(first, before - WINDOW);
      const rows = await this.#matching(filters)
        .where('seq', '>=', from)
        .where('seq', '<', before)
        .orderBy('seq', 'desc')
        .limit(limit + 1 - items.length)
        .execute();
      items.push(...rows.map(entryOf));
      before = from;
      await setImmediate();
    }
    const page = items.slice(0, limit);
    const oldest = page.at(-1);
    return {
      items: page,
      nextCursor: items.length > page.length && oldest ? String(oldest.seq) : null,
    };
  }

  /** All entries of this time in order, up to `lastSeq`, one a line. A range of a trail is a trail as well. */
  async *lines(time: Time, lastSeq: number): AsyncGenerator<string> {
    const { first, last } = await this.#range(time);
    for await (const entry of this.#all(first, Math.min(last, lastSeq))) yield lineOf(entry);
  }

  async verify(): Promise<AuditVerdict> {
    let before: AuditEntry | undefined;
    let entries = 0;
    for await (const entry of this.#all(1, Number.MAX_SAFE_INTEGER)) {
      entries += 1;
      const flaw = flawOf(entry, before);
      if (flaw) return { ok: false, entries, head: before?.hash ?? null, flaw };
      before = entry;
    }
    return { ok: true, entries, head: before?.hash ?? null, flaw: null };
  }

  /**
   * All that was done with one recording, one entry a line, oldest first: each names the one before by
   * `subjectPrev`. For an export.
   */
  async *extract(recordingId: string): AsyncGenerator<string> {
    const rows = await this.#select()
      .where('subjectType', '=', 'recording')
      .where('subjectId', '=', recordingId)
      .orderBy('seq')
      .execute();
    for (const row of rows) yield lineOf(entryOf(row));
  }

  async *#all(first: number, last: number): AsyncGenerator<AuditEntry> {
    let next = first;
    for (;;) {
      const rows = await this.#select()
        .where('seq', '>=', next)
        .where('seq', '<=', last)
        .orderBy('seq')
        .limit(BATCH)
        .execute();
      yield* rows.map(entryOf);
      const end = rows.at(-1);
      if (!end || rows.length < BATCH) return;
      next = end.seq + 1;
      await setImmediate();
    }
  }

  /** Of the entries of this time, which follow one another: `at` never goes back. */
  async #range({ from, to }: Time): Promise<{ first: number; last: number }> {
    const seqs = this.#db.selectFrom('audit').select('seq').limit(1);
    const lowest =
      from === undefined
        ? undefined
        : await seqs.where('at', '>=', utc(from)).orderBy('at').orderBy('seq').executeTakeFirst();
    const highest = await seqs
      .$if(to !== undefined, (select) => select.where('at', '<=', utc(to ?? '')))
      .orderBy('at', 'desc')
      .orderBy('seq', 'desc')
      .executeTakeFirst();
    const last = highest?.seq ?? 0;
    return { first: from === undefined ? 1 : (lowest?.seq ?? last + 1), last };
  }

  #matching({ action, actor, subject, q }: Filters) {
    let select = this.#select();
    if (isGiven(action)) {
      // All that begins with it and a dot: "/" comes next after ".".
      select = select.where((eb) =>
        eb.or([
          eb('action', '=', action),
          eb.and([eb('action', '>', `${action}.`), eb('action', '<', `${action}/`)]),
        ]),
      );
    }
    if (isGiven(actor)) {
      select = select.where((eb) =>
        eb.or([eb('actorId', '=', actor), eb('actorName', '=', actor.toLowerCase())]),
      );
    }
    if (isGiven(subject)) select = select.where('subjectId', '=', subject);
    if (!isGiven(q)) return select;
    const needle = q.toLowerCase();
    return select.where((eb) =>
      eb.or(
        (['actorName', 'action', 'subjectId', 'address', 'details'] as const).map((column) =>
          eb(eb.fn<number>('instr', [eb.fn('lower', [column]), eb.val(needle)]), '>', 0),
        ),
      ),
    );
  }

  #select() {
    return this.#db.selectFrom('audit').select(['seq', 'entry', 'hash']);
  }
}

function isGiven(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

function entryOf({ entry, hash }: { entry: string; hash: string }): AuditEntry {
  return { ...(JSON.parse(entry) as Omit<AuditEntry, 'hash'>), hash };
}

function lineOf(entry: AuditEntry): string {
  return `${canonicalJson(entry)}\n`;
}

/** One form for all times, so that they compare as text. */
function utc(time: string): string {
  return new Date(time).toISOString();
}
