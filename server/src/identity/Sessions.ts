import { EventEmitter } from 'node:events';
import type { User } from '@switchroom/protocol';
import type { Note } from '../audit/AuditTrail.ts';
import type { Database } from '../db/openDatabase.ts';
import { userOf } from './roles.ts';
import { randomToken, sha256 } from './secrets.ts';

const LIFETIME_MS = 7 * 24 * 3600 * 1000;

/** Who is signed in. The token is opaque and random; only its SHA-256 is kept. */
export class Sessions {
  /** `changed`: some are over, or allow less than before. Those that only became too old are not told of. */
  readonly events = new EventEmitter<{ changed: [] }>();
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
    // As many as are in meetings.
    this.events.setMaxListeners(0);
  }

  /** A token of 256 bits for this user, good for seven days after `now` (ms since 1970). */
  async create(
    user: User,
    now = Date.now(),
    note: Note<string> = async () => undefined,
  ): Promise<string> {
    const token = randomToken(256);
    const session = {
      tokenHash: sha256(token).toString('hex'),
      userId: user.id,
      createdAt: new Date(now).toISOString(),
      expiresAt: new Date(now + LIFETIME_MS).toISOString(),
    };
    await this.#db.transaction().execute(async (db) => {
      await db.insertInto('sessions').values(session).execute();
      await db.deleteFrom('sessions').where('expiresAt', '<', session.createdAt).execute();
      await note(db, token);
    });
    return token;
  }

  /** Whose token it is; `undefined` when it is unknown or too old. */
  async find(token: string, now = Date.now()): Promise<User | undefined> {
    const row = await this.#db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.userId')
      .selectAll('users')
      .where('sessions.tokenHash', '=', sha256(token).toString('hex'))
      .where('sessions.expiresAt', '>', new Date(now).toISOString())
      .where('users.removedAt', 'is', null)
      .executeTakeFirst();
    return row && userOf(row);
  }

  /** Signs out. An unknown token is ignored, and nothing is noted of it. */
  async end(token: string, note: Note<string> = async () => undefined): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      const { numDeletedRows } = await db
        .deleteFrom('sessions')
        .where('tokenHash', '=', sha256(token).toString('hex'))
        .executeTakeFirst();
      if (numDeletedRows > 0n) await note(db, token);
    });
    this.events.emit('changed');
  }
}
