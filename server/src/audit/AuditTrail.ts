import type { AuditEntry, User } from '@switchroom/protocol';
import type { Database } from '../db/openDatabase.ts';
import { canonicalJson, hashOf, NO_ENTRY } from './chain.ts';

/** Who did it, and from where. */
export type AuditSource = Pick<AuditEntry, 'actor' | 'address'>;

/** What is to be written down. */
export interface AuditDraft extends AuditSource {
  action: string;
  subject: AuditEntry['subject'];
  outcome?: AuditEntry['outcome'];
  details?: AuditEntry['details'];
}

/** Called within the transaction of a write, with what was written: without it the write does not happen. */
export type Note<T> = (db: Database, written: T) => Promise<unknown>;

/** What the server does by itself. */
export const SYSTEM: AuditSource = {
  actor: { kind: 'system', id: null, name: null, roles: [] },
  address: null,
};

/** Somebody of whom nothing is known but the address. */
export function nobodyAt(address: string | undefined): AuditSource {
  return {
    actor: { kind: 'nobody', id: null, name: null, roles: [] },
    address: address ?? null,
  };
}

export function userAt({ id, email, roles }: User, address: string | undefined): AuditSource {
  return { actor: { kind: 'user', id, name: email, roles: [...roles] }, address: address ?? null };
}

/** Somebody in a meeting, by the name that the others see. */
export function participantOf(id: string, name: string | undefined): AuditSource {
  return { actor: { kind: 'participant', id, name: name ?? null, roles: [] }, address: null };
}

/** Writes the audit trail: entries are only ever added, each with the hash of the one before. */
export class AuditTrail {
  readonly #db: Database;
  readonly #now: () => number;

  /** `now` is in ms since 1970. */
  constructor(db: Database, now: () => number = () => Date.now()) {
    this.#db = db;
    this.#now = now;
  }

  /**
   * Writes one entry, in the transaction `within` if given. Whoever is told that this failed must not do what
   * it was to say.
   */
  async append(draft: AuditDraft, within?: Database): Promise<AuditEntry> {
    if (within) return this.#append(draft, within);
    return this.#db.transaction().execute((trx) => this.#append(draft, trx));
  }

  /** All of them, or none. */
  async appendAll(drafts: readonly AuditDraft[]): Promise<void> {
    if (drafts.length === 0) return;
    await this.#db.transaction().execute(async (trx) => {
      for (const draft of drafts) await this.#append(draft, trx);
    });
  }

  async #append(draft: AuditDraft, db: Database): Promise<AuditEntry> {
    const last = await db
      .selectFrom('audit')
      .select(['seq', 'at', 'hash'])
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    const { actor, address, action, subject, outcome = 'ok', details = {} } = draft;
    const now = new Date(this.#now()).toISOString();
    const entry: Omit<AuditEntry, 'hash'> = {
      seq: (last?.seq ?? 0) + 1,
      // A clock that was put back does not put entries in another order.
      at: last && last.at > now ? last.at : now,
      ...{ actor, action, subject, outcome, address, details },
      prev: last?.hash ?? NO_ENTRY,
      subjectPrev: await lastOn(subject, db),
    };
    const text = canonicalJson(entry);
    const hash = hashOf(text);
    await db.insertInto('audit').values({ seq: entry.seq, entry: text, hash }).execute();
    return { ...entry, hash };
  }
}

async function lastOn({ type, id }: AuditEntry['subject'], db: Database): Promise<string | null> {
  const row = await db
    .selectFrom('audit')
    .select('hash')
    .where('subjectType', '=', type)
    .where('subjectId', id === null ? 'is' : '=', id)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.hash ?? null;
}
