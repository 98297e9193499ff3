import { dialOutPolicySchema, type DialOutPolicy } from '@switchroom/protocol';
import type { Database } from '../db/openDatabase.ts';

const NAME = 'dial-out';

/** The dial-out policy: kept in the database, and in memory for every call to be judged by. */
export class DialOut {
  readonly #db: Database;
  #policy: DialOutPolicy;

  private constructor(db: Database, policy: DialOutPolicy) {
    this.#db = db;
    this.#policy = policy;
  }

  /** Nobody has set it: nothing may be called. */
  static async open(db: Database): Promise<DialOut> {
    const row = await db
      .selectFrom('settings')
      .select('value')
      .where('name', '=', NAME)
      .executeTakeFirst();
    return new DialOut(db, dialOutPolicySchema.parse(JSON.parse(row?.value ?? '{}')));
  }

  get policy(): DialOutPolicy {
    return this.#policy;
  }

  /** The whole of it, for the calls to come. */
  async set(policy: DialOutPolicy): Promise<void> {
    const value = JSON.stringify(policy);
    await this.#db
      .insertInto('settings')
      .values({ name: NAME, value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .execute();
    this.#policy = policy;
  }
}
