import { randomUUID } from 'node:crypto';
import {
  AppError,
  type CreateUser,
  type UpdateUser,
  type UserRole,
  type UserView,
} from '@switchroom/protocol';
import type { Note } from '../audit/AuditTrail.ts';
import { unlessTaken } from '../db/constraint.ts';
import type { Database } from '../db/openDatabase.ts';
import type { UsersTable } from '../db/schema.ts';
import { hashPassword } from './passwords.ts';
import { rolesColumns, userOf } from './roles.ts';
import type { Sessions } from './Sessions.ts';

const TAKEN = 'There is a user with this e-mail address already.';

/** The users, as administrators manage them. */
export class UserStore {
  readonly #db: Database;
  readonly #sessions: Pick<Sessions, 'events'>;

  /** `sessions` tell what becomes of those who are signed in. */
  constructor(db: Database, sessions: Pick<Sessions, 'events'>) {
    this.#db = db;
    this.#sessions = sessions;
  }

  /** All, the oldest first. */
  async list(): Promise<UserView[]> {
    const rows = await select(this.#db).orderBy('createdAt').orderBy('id').execute();
    return rows.map(viewOf);
  }

  /** Errors: `not-found`. */
  async get(id: string): Promise<UserView> {
    return viewOf(await rowOf(id, this.#db));
  }

  /** Errors: `conflict` when the address is taken. */
  async create({ email, password, roles }: CreateUser, note: Note<UserView>): Promise<UserView> {
    const row: UsersTable = {
      ...{ id: randomUUID(), email, passwordHash: await hashPassword(password) },
      ...rolesColumns(roles),
      ...{ createdAt: new Date().toISOString(), removedAt: null },
    };
    const view = viewOf(row);
    return this.#db.transaction().execute(async (db) => {
      await unlessTaken(db.insertInto('users').values(row).execute(), TAKEN);
      await note(db, view);
      return view;
    });
  }

  /** Errors: `not-found`; `conflict` where no administrator would be left. */
  async update(id: string, wish: UpdateUser, note: Note<UserView>): Promise<UserView> {
    const { password, roles } = wish;
    const passwordHash = password === undefined ? undefined : await hashPassword(password);
    const changed = await this.#db.transaction().execute(async (db) => {
      const row = await rowOf(id, db);
      if (roles) await keepAdministrator(id, roles, db);
      const change = { ...(passwordHash && { passwordHash }), ...(roles && rolesColumns(roles)) };
      if (Object.keys(change).length > 0) {
        await db.updateTable('users').set(change).where('id', '=', id).execute();
      }
      // Who knew the former password is out.
      if (passwordHash) await db.deleteFrom('sessions').where('userId', '=', id).execute();
      const view = viewOf({ ...row, ...change });
      await note(db, view);
      return view;
    });
    this.#sessions.events.emit('changed');
    return changed;
  }

  /**
   * Signs the user out for good. The meetings stay, as does what the trail says. Errors: `not-found`; `conflict`
   * for the last administrator.
   */
  async remove(id: string, note: Note<UserView>): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      const row = await rowOf(id, db);
      await keepAdministrator(id, [], db);
      const removedAt = new Date().toISOString();
      await db
        .updateTable('users')
        .set({ removedAt, email: `removed:${id}`, passwordHash: '' })
        .where('id', '=', id)
        .execute();
      await db.deleteFrom('sessions').where('userId', '=', id).execute();
      await note(db, viewOf(row));
    });
    this.#sessions.events.emit('changed');
  }
}

function select(db: Database) {
  return db.selectFrom('users').selectAll().where('removedAt', 'is', null);
}

async function rowOf(id: string, db: Database): Promise<UsersTable> {
  const row = await select(db).where('id', '=', id).executeTakeFirst();
  if (!row) throw new AppError('not-found', 'There is no such user.');
  return row;
}

function viewOf(row: UsersTable): UserView {
  return { ...userOf(row), createdAt: row.createdAt };
}

/** Errors: `conflict` if nobody is an administrator once this user has only these roles. */
async function keepAdministrator(
  id: string,
  roles: readonly UserRole[],
  db: Database,
): Promise<void> {
  if (roles.includes('administrator')) return;
  const rows = await select(db).execute();
  if (rows.some((row) => row.id !== id && userOf(row).roles.includes('administrator'))) return;
  throw new AppError('conflict', 'Somebody must be an administrator; make another one first.');
}
