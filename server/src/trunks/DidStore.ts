import { randomUUID } from 'node:crypto';
import { AppError, type CreateDid, type DidView, type UpdateDid } from '@switchroom/protocol';
import type { Note } from '../audit/AuditTrail.ts';
import { unlessTaken } from '../db/constraint.ts';
import type { Database } from '../db/openDatabase.ts';
import type { DidsTable } from '../db/schema.ts';

/** A Did: a number that leads here. Nothing of it is secret, so it is what REST shows. */
export type Did = DidView;

const TAKEN = 'There is a DID with this number already.';

export class DidStore {
  readonly #db: Database;
  readonly #changed: () => Promise<void>;

  /** `changed` is awaited after every write. */
  constructor(db: Database, changed: () => Promise<void>) {
    this.#db = db;
    this.#changed = changed;
  }

  /** All, the oldest first. */
  async list(): Promise<Did[]> {
    const rows = await this.#select().orderBy('createdAt').orderBy('id').execute();
    return rows.map(didOf);
  }

  /** Errors: `not-found`. */
  async get(id: string): Promise<Did> {
    const row = await this.#select().where('id', '=', id).executeTakeFirst();
    if (!row) throw new AppError('not-found', 'There is no such DID.');
    return didOf(row);
  }

  /**
   * Errors: `conflict` when the number is taken, `bad-request` for a trunk or a meeting that there is
   * not, `meeting-ended`.
   */
  async create(wish: CreateDid, note: Note<Did> = noted): Promise<Did> {
    const did = { ...wish, id: randomUUID(), createdAt: new Date().toISOString() };
    await this.#checkTargets(wish);
    await this.#db.transaction().execute(async (db) => {
      await unlessTaken(db.insertInto('dids').values(rowOf(did)).execute(), TAKEN);
      await note(db, did);
    });
    await this.#changed();
    return did;
  }

  /** Changes what is given and leaves the rest. Errors: as `get` and `create`. */
  async update(id: string, wish: UpdateDid, note: Note<Did> = noted): Promise<Did> {
    const given = Object.entries(wish).filter(([, value]) => value !== undefined);
    const did: Did = { ...(await this.get(id)), ...(Object.fromEntries(given) as Partial<Did>) };
    await this.#checkTargets(wish);
    const { id: _, ...row } = rowOf(did);
    await this.#db.transaction().execute(async (db) => {
      await unlessTaken(db.updateTable('dids').set(row).where('id', '=', id).execute(), TAKEN);
      await note(db, did);
    });
    await this.#changed();
    return did;
  }

  /** Errors: `not-found`. */
  async delete(id: string, note: Note<Did> = noted): Promise<void> {
    const did = await this.get(id);
    await this.#db.transaction().execute(async (db) => {
      await db.deleteFrom('dids').where('id', '=', id).execute();
      await note(db, did);
    });
    await this.#changed();
  }

  async #checkTargets({ trunkId, meetingId }: UpdateDid): Promise<void> {
    if (typeof trunkId === 'string') {
      const trunks = this.#db.selectFrom('trunks').select('id').where('id', '=', trunkId);
      const trunk = await trunks.executeTakeFirst();
      if (!trunk) throw new AppError('bad-request', 'trunkId: there is no such trunk.');
    }
    if (typeof meetingId === 'string') {
      const meetings = this.#db
        .selectFrom('meetings')
        .select('endedAt')
        .where('id', '=', meetingId);
      const meeting = await meetings.executeTakeFirst();
      if (!meeting) throw new AppError('bad-request', 'meetingId: there is no such meeting.');
      if (meeting.endedAt !== null) throw new AppError('meeting-ended', 'This meeting has ended.');
    }
  }

  #select() {
    return this.#db.selectFrom('dids').selectAll();
  }
}

const noted = async (): Promise<void> => undefined;

function rowOf(did: Did): DidsTable {
  return { ...did, enabled: did.enabled ? 1 : 0 };
}

function didOf(row: DidsTable): Did {
  return { ...row, enabled: row.enabled === 1 };
}
