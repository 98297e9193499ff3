import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Of all names of a track, or titles of a meeting, in letters: nobody changes them so often but to fill the index. */
const MOST = 2000;

/** What a participant was called by and by. */
const ALL = `lower("participantName" || char(10) || "formerNames")`;
/** Numbers as they are shown, without what stands between the digits. */
const BARE = ['-', '(', ')', '.'].reduce(
  (text, one) => `replace(${text}, '${one}', '')`,
  `replace(${ALL}, ' ', '')`,
);

const retell = `update "recordingTexts" set
  "names" = coalesce((select group_concat(${ALL}, char(10)) from "tracks"
    where "recordingId" = new."recordingId"), ''),
  "phones" = coalesce((select group_concat(${BARE}, char(10)) from "tracks"
    where "recordingId" = new."recordingId" and "kind" = 'phone'), '')
  where rowid = (select "ord" from "recordings" where "id" = new."recordingId");`;

const STATEMENTS = [
  `alter table "tracks" add column "formerNames" text not null default ''`,
  `drop trigger "tracks_added"`,
  `drop trigger "tracks_renamed"`,
  `create trigger "tracks_added" after insert on "tracks" begin ${retell} end`,
  `create trigger "tracks_renamed" after update of "participantName" on "tracks"
    when new."participantName" is not old."participantName" begin
    update "tracks" set "formerNames" =
      substr(old."participantName" || char(10) || old."formerNames", 1, ${MOST})
      where "recordingId" = new."recordingId" and "id" = new."id";
    ${retell} end`,
  `create trigger "meetings_retitled" after update of "title" on "meetings"
    when new."title" is not old."title" begin
    update "recordingTexts" set "title" = substr(lower(new."title") || char(10) || "title", 1, ${MOST})
      where rowid in (select "ord" from "recordings" where "meetingId" = new."id"); end`,
];

/** Who was renamed is found by each of their names, and a recording by each title of its meeting since. */
export const formerNamesMigration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
