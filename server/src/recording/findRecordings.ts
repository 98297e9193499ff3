import type { listRecordingsQuerySchema, User } from '@switchroom/protocol';
import { sql, type RawBuilder } from 'kysely';
import type { z } from 'zod';
import type { Database } from '../db/openDatabase.ts';
import { hasRole } from '../identity/roles.ts';
import { decodeCursor } from './cursor.ts';

export type RecordingsQuery = z.infer<typeof listRecordingsQuerySchema>;

/** What is found, in the order of the list. */
interface Found {
  id: string;
  /** Its place in that order, which is the cursor. */
  ord: number;
}

/** As the migration has it: places within one millisecond. */
const SAME_MS = 1024;
/** The index of words is one of three letters in a row. */
const SHORTEST_WORD = 3;

/**
 * Finds recordings by what the index of the migration `recording-search` holds. Whatever is asked for, either few
 * rows match or a page is full after few; the worst is one look over an index of all.
 */
export async function findRecordings(
  db: Database,
  query: RecordingsQuery,
  user: User,
): Promise<Found[]> {
  const words = wordsOf(query);
  const where = [...filtersOf(query, user), ...words];
  const { rows } = await sql<Found>`
    select r."id", r."ord" from ${sourceOf(query, words)}
    where ${where.length === 0 ? sql`true` : sql.join(where, sql` and `)}
    order by ${words.length > 0 ? sql`t.rowid` : sql`r."ord"`} desc
    limit ${query.limit + 1}`.execute(db);
  return rows;
}

/** Cross joins say which table leads: the planner knows nothing of how often a word stands there. */
function sourceOf({ held }: RecordingsQuery, words: readonly unknown[]): RawBuilder<unknown> {
  if (words.length > 0) {
    return sql`"recordingTexts" t cross join "recordings" r on r."ord" = t.rowid`;
  }
  return held === true
    ? sql`(select "recordingId" from "holds") h cross join "recordings" r on r."id" = h."recordingId"`
    : sql`"recordings" r`;
}

function filtersOf(query: RecordingsQuery, user: User): RawBuilder<unknown>[] {
  const { meetingId, from, to, minDurationMs, maxDurationMs, held, state, cursor } = query;
  const isWorded = wordsOf(query).length > 0;
  // The same number by another name; only the one of the leading table can limit its rows.
  const ord = isWorded ? sql`t.rowid` : sql`r."ord"`;
  const some: RawBuilder<unknown>[] = [];
  if (!hasRole(user, 'compliance-officer')) {
    some.push(sql`r."meetingId" in (select "id" from "meetings" where "ownerId" = ${user.id})`);
  }
  if (from !== undefined) some.push(sql`${ord} >= ${Date.parse(from) * SAME_MS}`);
  if (to !== undefined) some.push(sql`${ord} < ${(Date.parse(to) + 1) * SAME_MS}`);
  if (cursor !== undefined) some.push(sql`${ord} < ${decodeCursor(cursor)}`);
  if (meetingId !== undefined) some.push(sql`r."meetingId" = ${meetingId}`);
  // The plus keeps the planner from leaving the order for these.
  if (state !== undefined) some.push(sql`+r."state" = ${state}`);
  if (minDurationMs !== undefined) some.push(sql`+r."durationMs" >= ${minDurationMs}`);
  if (maxDurationMs !== undefined) some.push(sql`+r."durationMs" <= ${maxDurationMs}`);
  if (held !== undefined && (isWorded || !held)) {
    const isHeld = sql`exists (select 1 from "holds" h where h."recordingId" = r."id")`;
    some.push(held ? isHeld : sql`not ${isHeld}`);
  }
  return some;
}

/** At most one `match`, of all words that are long enough; the short ones are looked for row by row. */
function wordsOf({ q, title, participant, number }: RecordingsQuery): RawBuilder<unknown>[] {
  const wanted = [
    { columns: ['title', 'names'], needles: [q] },
    { columns: ['title'], needles: [title] },
    { columns: ['names'], needles: [participant] },
    { columns: ['phones'], needles: numbersOf(number) },
  ].flatMap(({ columns, needles }) => {
    const texts = needles.map((text) => (text ?? '').trim().toLowerCase()).filter(Boolean);
    return texts.length === 0 ? [] : [{ columns, texts }];
  });
  const isLong = (text: string): boolean => Array.from(text).length >= SHORTEST_WORD;
  const long = wanted.filter(({ texts }) => texts.every(isLong));
  const match = long
    .map(({ columns, texts }) => `{${columns.join(' ')}} : (${texts.map(quoted).join(' OR ')})`)
    .join(' AND ');
  return [
    ...(match === '' ? [] : [sql`t."recordingTexts" match ${match}`]),
    ...wanted
      .filter((one) => !long.includes(one))
      .map(({ columns, texts }) => within(columns, texts)),
  ];
}

function within(columns: readonly string[], texts: readonly string[]): RawBuilder<unknown> {
  const all = columns.flatMap((column) =>
    texts.map((text) => sql`instr(t.${sql.ref(column)}, ${text}) > 0`),
  );
  return sql`(${sql.join(all, sql` or `)})`;
}

/** Meetings may show only how a number ends. */
function numbersOf(number: string | undefined): (string | undefined)[] {
  const bare = number?.replace(/[\s().-]/g, '');
  const isWhole = bare !== undefined && /^\+?\d{7,}$/.test(bare);
  return isWhole ? [bare, `…${bare.slice(-4)}`] : [bare];
}

/** A string of FTS5 (https://sqlite.org/fts5.html#fts5_strings). */
function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
