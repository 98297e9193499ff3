import type { AuditEntry, ListAuditQuery } from '@switchroom/protocol';
import type { Database } from '../db/openDatabase.ts';
import { canonicalJson, flawOf, type Flaw } from './chain.ts';

/** Entries that are read at a time, so that others get their turn in between. */
const BATCH = 500;

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
  async list(query: ListAuditQuery): Promise<AuditPage> {
    const { from, to, action, actor, subject, q, cursor, limit } = query;
    let select = this.#select()
      .orderBy('seq', 'desc')
      .limit(limit + 1);
    if (from !== undefined) select = select.where('at', '>=', utc(from));
    if (to !== undefined) select = select.where('at', '<=', utc(to));
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
    if (isGiven(q)) {
      const needle = q.toLowerCase();
      select = select.where((eb) =>
        eb.or(
          (['actorName', 'action', 'subjectId', 'address', 'details'] as const).map((column) =>
            eb(eb.fn<number>('instr', [eb.fn('lower', [column]), eb.val(needle)]), '>', 0),
          ),
        ),
      );
    }
    if (cursor !== undefined) select = select.where('seq', '<', Number(cursor));
    const items = (await select.execute()).map(entryOf);
    const page = items.slice(0, limit);
    const last = page.at(-1);
    return {
      items: page,
      nextCursor: items.length > page.length && last ? String(last.seq) : null,
    };
  }

  /** All entries of this time in order, up to `lastSeq`, one a line. A range of a trail is a trail as well. */
  async *lines(
    { from, to }: Pick<ListAuditQuery, 'from' | 'to'>,
    lastSeq: number,
  ): AsyncGenerator<string> {
    for await (const entry of this.#all(lastSeq)) {
      if (from !== undefined && entry.at < utc(from)) continue;
      if (to !== undefined && entry.at > utc(to)) return;
      yield lineOf(entry);
    }
  }

  async verify(): Promise<AuditVerdict> {
    let before: AuditEntry | undefined;
    let entries = 0;
    for await (const entry of this.#all()) {
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

  async *#all(lastSeq = Number.MAX_SAFE_INTEGER): AsyncGenerator<AuditEntry> {
    let seq = 0;
    for (;;) {
      const rows = await this.#select()
        .where('seq', '>', seq)
        .where('seq', '<=', lastSeq)
        .orderBy('seq')
        .limit(BATCH)
        .execute();
      yield* rows.map(entryOf);
      const last = rows.at(-1);
      if (!last || rows.length < BATCH) return;
      seq = last.seq;
    }
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
