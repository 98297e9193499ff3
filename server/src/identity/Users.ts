import { randomUUID } from 'node:crypto';
import type { User } from '@switchroom/protocol';
import type { Database } from '../db/openDatabase.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { randomToken } from './secrets.ts';

/** The e-mail address of the administrator whom nobody named. */
const DEFAULT_ADMIN_EMAIL = 'admin@localhost';

/** The administrator that a first start made; the password is told once and kept nowhere. */
export interface FirstAdministrator {
  adminEmail: string;
  adminPassword: string;
}

export class Users {
  readonly #db: Database;
  /** Of no password: checked for unknown users, so that they take as long as known ones. */
  readonly #nobody: string;

  constructor(db: Database, nobody: string) {
    this.#db = db;
    this.#nobody = nobody;
  }

  static async open(db: Database): Promise<Users> {
    return new Users(db, await hashPassword(randomToken(256)));
  }

  /**
   * Sees to it that there is an administrator. One named in the settings is made, or gets the
   * password given there; else, when there is none, one is made with a random password.
   */
  async ensureAdministrator(given: {
    email?: string | undefined;
    password?: string | undefined;
  }): Promise<FirstAdministrator | undefined> {
    const any = await this.#db
      .selectFrom('users')
      .select('id')
      .where('role', '=', 'administrator')
      .executeTakeFirst();
    const email = given.email ?? DEFAULT_ADMIN_EMAIL;
    const known = await this.#find(email);
    if (given.password !== undefined && (given.email !== undefined || !any || known)) {
      await this.#put(email, given.password, known?.id);
      return undefined;
    }
    if (any) return undefined;
    const password = randomToken(96);
    await this.#put(email, password, known?.id);
    return { adminEmail: email, adminPassword: password };
  }

  /** The user with this address and password, if both are right. */
  async check(email: string, password: string): Promise<User | undefined> {
    const row = await this.#find(email);
    const right = await verifyPassword(password, row?.passwordHash ?? this.#nobody);
    if (!row || !right) return undefined;
    return { id: row.id, email: row.email, role: row.role };
  }

  async #find(email: string) {
    return this.#db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst();
  }

  async #put(email: string, password: string, id: string | undefined): Promise<void> {
    if (id !== undefined) {
      const row = await this.#find(email);
      const unchanged = row && (await verifyPassword(password, row.passwordHash));
      if (unchanged && row.role === 'administrator') return;
    }
    const passwordHash = await hashPassword(password);
    if (id === undefined) {
      const createdAt = new Date().toISOString();
      const user = {
        id: randomUUID(),
        email,
        passwordHash,
        role: 'administrator',
        createdAt,
      } as const;
      await this.#db.insertInto('users').values(user).execute();
      return;
    }
    await this.#db
      .updateTable('users')
      .set({ passwordHash, role: 'administrator' })
      .where('id', '=', id)
      .execute();
    // Who knew the former password is out.
    await this.#db.deleteFrom('sessions').where('userId', '=', id).execute();
  }
}
