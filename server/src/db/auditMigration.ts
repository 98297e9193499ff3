import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** One or more statements of SQL, in order. */
const STATEMENTS = [
  // The searched columns are made of the entry itself, so that they cannot say anything else than what is hashed.
  `create table "audit" (
    "seq" integer primary key,
    "entry" text not null,
    "hash" text not null,
    "at" text as (json_extract("entry", '$.at')) virtual,
    "action" text as (json_extract("entry", '$.action')) virtual,
    "actorId" text as (json_extract("entry", '$.actor.id')) virtual,
    "actorName" text as (json_extract("entry", '$.actor.name')) virtual,
    "subjectType" text as (json_extract("entry", '$.subject.type')) virtual,
    "subjectId" text as (json_extract("entry", '$.subject.id')) virtual,
    "address" text as (json_extract("entry", '$.address')) virtual,
    "details" text as (json_extract("entry", '$.details')) virtual
  )`,
  `create index "audit_at" on "audit" ("at")`,
  `create index "audit_action" on "audit" ("action", "seq")`,
  `create index "audit_actor" on "audit" ("actorId", "seq")`,
  `create index "audit_actorName" on "audit" ("actorName", "seq")`,
  `create index "audit_subject" on "audit" ("subjectId", "subjectType", "seq")`,
  `create trigger "audit_no_update" before update on "audit"
    begin select raise(abort, 'the audit trail is append-only'); end`,
  `create trigger "audit_no_delete" before delete on "audit"
    begin select raise(abort, 'the audit trail is append-only'); end`,
  // Also what INSERT OR REPLACE would put in the place of another, upon which no delete trigger fires.
  `create trigger "audit_only_next" before insert on "audit"
    when new."seq" is not (select coalesce(max("seq"), 0) + 1 from "audit")
    begin select raise(abort, 'the audit trail is append-only'); end`,
];

/** The audit trail, and users with several roles. */
export const auditMigration: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
    await db.schema
      .alterTable('users')
      .addColumn('roles', 'text', (column) => column.notNull().defaultTo('["host"]'))
      .execute();
    await db.schema.alterTable('users').addColumn('removedAt', 'text').execute();
    // Administrators could do all of it until now; an operator takes away what is too much.
    await sql`update users set roles = '["administrator","host","compliance-officer","auditor"]'
      where role = 'administrator'`.execute(db);
  },
};
