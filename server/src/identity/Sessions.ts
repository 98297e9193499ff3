import type { User } from '@switchroom/protocol';
import type { Database } from '../db/openDatabase.ts';
import { randomToken, sha256 } from './secrets.ts';

const LIFETIME_MS = 7 * 24 * 3600 * 1000;

/** Who is signed in. The token is opaque and random; only its SHA-256 is kept. */
export class Sessions {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** A token of 256 bits for this user, good for seven days after `now` (ms since 1970). */
  async create(user: User, now = Date.now()): Promise<string> {
    const token = randomToken(256);
    const session = {
      tokenHash: sha256(token).toString('hex'),
      userId: user.id,
      createdAt: new Date(now).toISOString(),
      expiresAt: new Date(now + LIFETIME_MS).toISOString(),
    };
    await this.#db.insertInto('sessions').values(session).execute();
    await this.#db.deleteFrom('sessions').where('expiresAt', '<', session.createdAt).execute();
    return token;
  }

  /** Whose token it is; `undefined` when it is unknown or too old. */
  async find(token: string, now = Date.now()): Promise<User | undefined> {
    return this.#db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.userId')
      .select(['users.id', 'users.email', 'users.role'])
      .where('sessions.tokenHash', '=', sha256(token).toString('hex'))
      .where('sessions.expiresAt', '>', new Date(now).toISOString())
      .executeTakeFirst();
  }

  /** Signs out. An unknown token is ignored. */
  async end(token: string): Promise<void> {
    await this.#db
      .deleteFrom('sessions')
      .where('tokenHash', '=', sha256(token).toString('hex'))
      .execute();
  }
}
