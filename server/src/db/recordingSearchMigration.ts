import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Recordings of one millisecond that stay apart in their order. */
const SAME_MS = 1024;

const names = (recordingId: string): string =>
  `coalesce((select group_concat(lower("participantName"), char(10)) from "tracks"
    where "recordingId" = ${recordingId}), '')`;

/** Numbers as they are shown, without what stands between the digits. */
const phones = (recordingId: string): string =>
  `coalesce((select group_concat(replace(replace(replace(replace(replace(
      lower("participantName"), ' ', ''), '-', ''), '(', ''), ')', ''), '.', ''), char(10))
    from "tracks" where "recordingId" = ${recordingId} and "kind" = 'phone'), '')`;

const place = (startedAt: string): string =>
  `(coalesce(unixepoch(${startedAt}), 0) * 1000
    + coalesce(cast(substr(strftime('%f', ${startedAt}), 4) as integer), 0)) * ${SAME_MS}`;

/** The next that is free in its millisecond. */
const freePlace = (startedAt: string): string =>
  `max(${place(startedAt)}, coalesce((select max("ord") + 1 from "recordings"
    where "ord" >= ${place(startedAt)} and "ord" < ${place(startedAt)} + ${SAME_MS}), 0))`;

const retell = (recordingId: string): string =>
  `update "recordingTexts" set "names" = ${names(recordingId)}, "phones" = ${phones(recordingId)}
    where rowid = (select "ord" from "recordings" where "id" = ${recordingId});`;

const fill = (where: string): string =>
  `insert into "recordingTexts" (rowid, "title", "names", "phones")
    select r."ord", lower(m."title"), ${names('r."id"')}, ${phones('r."id"')}
    from "recordings" r join "meetings" m on m."id" = r."meetingId" ${where};`;

/**
 * `ord` is the order of the list, by start: it is also the rowid of the words, so that what is found by words
 * comes in that order and a page of it needs no sorting. Triggers keep both, whoever writes.
 */
const STATEMENTS = [
  `alter table "recordings" add column "ord" integer`,
  `update "recordings" set "ord" = o.ord from
    (select "id", ${place('"startedAt"')}
        + row_number() over (partition by "startedAt" order by "id") - 1 as ord
      from "recordings") o
    where o."id" = "recordings"."id"`,
  // Holds all that is filtered by: a page is found in the index alone.
  `create unique index "recordings_search" on "recordings"
    ("ord", "state", "durationMs", "meetingId", "id")`,
  `create index "recordings_meeting" on "recordings" ("meetingId", "ord")`,
  `create index "meetings_owner" on "meetings" ("ownerId")`,
  // Parts of words, three letters and more (https://sqlite.org/fts5.html#the_trigram_tokenizer).
  `create virtual table "recordingTexts" using fts5("title", "names", "phones", tokenize = 'trigram')`,
  // A deleted recording leaves no names behind.
  `insert into "recordingTexts" ("recordingTexts", rank) values ('secure-delete', 1)`,
  fill(''),
  `create trigger "recordings_added" after insert on "recordings" begin
    update "recordings" set "ord" = ${freePlace('new."startedAt"')} where "id" = new."id";
    ${fill('where r."id" = new."id"')} end`,
  `create trigger "recordings_moved" after update of "startedAt" on "recordings"
    when new."startedAt" is not old."startedAt" begin
    update "recordings" set "ord" = ${freePlace('new."startedAt"')} where "id" = new."id";
    update "recordingTexts" set rowid = (select "ord" from "recordings" where "id" = new."id")
      where rowid = old."ord"; end`,
  `create trigger "recordings_gone" after delete on "recordings" begin
    delete from "recordingTexts" where rowid = old."ord"; end`,
  `create trigger "tracks_added" after insert on "tracks" begin ${retell('new."recordingId"')} end`,
  `create trigger "tracks_renamed" after update of "participantName" on "tracks"
    when new."participantName" is not old."participantName" begin
    ${retell('new."recordingId"')} end`,
];

/** Search over many recordings. */
export const recordingSearchMigration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
