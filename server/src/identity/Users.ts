import { randomUUID } from 'node:crypto';
import type { User } from '@switchroom/protocol';
import { SYSTEM, type AuditTrail } from '../audit/AuditTrail.ts';
import type { Database } from '../db/openDatabase.ts';
import type { UsersTable } from '../db/schema.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { FIRST_ROLES, hasRole, rolesColumns, userOf } from './roles.ts';
import { randomToken } from './secrets.ts';

/** The e-mail address of the administrator whom nobody named. */
const DEFAULT_ADMIN_EMAIL = 'admin@localhost';

/** The administrator that a first start made; the password is told once and kept nowhere. */
export interface FirstAdministrator {
  adminEmail: string;
  adminPassword: string;
}

/** Who signs in, and the administrator that there must be. */
export class Users {
  readonly #db: Database;
  readonly #trail: AuditTrail;
  /** Of no password: checked for unknown users, so that they take as long as known ones. */
  readonly #nobody: string;

  constructor(db: Database, trail: AuditTrail, nobody: string) {
    this.#db = db;
    this.#trail = trail;
    this.#nobody = nobody;
  }

  static async open(db: Database, trail: AuditTrail): Promise<Users> {
    const users = new Users(db, trail, await hashPassword(randomToken(256)));
    await users.#noteFormer();
    return users;
  }

  /**
   * Sees to it that there is an administrator. One named in the settings is made, or gets the
   * password given there; else, when there is none, one is made with a random password. Roles that were taken
   * from one who is known are not given back, but for that of administrator.
   */
  async ensureAdministrator(given: {
    email?: string | undefined;
    password?: string | undefined;
  }): Promise<FirstAdministrator | undefined> {
    const rows = await this.#db.selectFrom('users').selectAll().execute();
    const any = rows.some((row) => row.removedAt === null && isAdministrator(row));
    const email = given.email ?? DEFAULT_ADMIN_EMAIL;
    const known = await this.#find(email);
    if (given.password !== undefined && (given.email !== undefined || !any || known)) {
      await this.#put(email, given.password, known);
      return undefined;
    }
    if (any) return undefined;
    const password = randomToken(96);
    await this.#put(email, password, known);
    return { adminEmail: email, adminPassword: password };
  }

  /** The user with this address and password, if both are right. */
  async check(email: string, password: string): Promise<User | undefined> {
    const row = await this.#find(email);
    const right = await verifyPassword(password, row?.passwordHash ?? this.#nobody);
    return row && right ? userOf(row) : undefined;
  }

  /** Whose address it is, whether the password is known or not. */
  async idOf(email: string): Promise<string | null> {
    return (await this.#find(email))?.id ?? null;
  }

  /** Those from before there was a trail: it begins with what each of them may do. */
  async #noteFormer(): Promise<void> {
    const written = await this.#db.selectFrom('audit').select('seq').limit(1).executeTakeFirst();
    if (written) return;
    const rows = await this.#db.selectFrom('users').selectAll().orderBy('createdAt').execute();
    await this.#trail.appendAll(
      rows.map(userOf).map(({ id, email, roles }) => ({
        ...{ ...SYSTEM, action: 'user.found', subject: { type: 'user', id } },
        details: { email, roles },
      })),
    );
  }

  async #find(email: string): Promise<UsersTable | undefined> {
    return this.#db
      .selectFrom('users')
      .selectAll()
      .where('email', '=', email)
      .where('removedAt', 'is', null)
      .executeTakeFirst();
  }

  async #put(email: string, password: string, known: UsersTable | undefined): Promise<void> {
    if (!known) {
      await this.#create(email, password);
      return;
    }
    const isSame = await verifyPassword(password, known.passwordHash);
    if (isSame && isAdministrator(known)) return;
    const { id } = known;
    const roles = FIRST_ROLES.filter(
      (role) => role === 'administrator' || hasRole(userOf(known), role),
    );
    const passwordHash = isSame ? known.passwordHash : await hashPassword(password);
    await this.#db.transaction().execute(async (db) => {
      await db
        .updateTable('users')
        .set({ passwordHash, ...rolesColumns(roles) })
        .where('id', '=', id)
        .execute();
      // Who knew the former password is out.
      await db.deleteFrom('sessions').where('userId', '=', id).execute();
      const details = { email, roles, password: isSame ? 'kept' : 'set', by: 'ADMIN_PASSWORD' };
      await this.#note('user.changed', id, details, db);
    });
  }

  async #create(email: string, password: string): Promise<void> {
    const id = randomUUID();
    const row: UsersTable = {
      ...{ id, email, passwordHash: await hashPassword(password) },
      ...rolesColumns(FIRST_ROLES),
      ...{ createdAt: new Date().toISOString(), removedAt: null },
    };
    await this.#db.transaction().execute(async (db) => {
      await db.insertInto('users').values(row).execute();
      await this.#note('user.created', id, { email, roles: [...FIRST_ROLES], first: true }, db);
    });
  }

  async #note(
    action: string,
    id: string,
    details: Record<string, string | boolean | string[]>,
    db: Database,
  ): Promise<void> {
    await this.#trail.append({ ...SYSTEM, action, subject: { type: 'user', id }, details }, db);
  }
}

function isAdministrator(row: UsersTable): boolean {
  return hasRole(userOf(row), 'administrator');
}
