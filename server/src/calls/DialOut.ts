import { dialOutPolicySchema, type DialOutPolicy } from '@switchroom/protocol';
import type { Note } from '../audit/AuditTrail.ts';
import type { Database } from '../db/openDatabase.ts';
import { Setting } from '../db/Setting.ts';

/** The dial-out policy: kept in the database, and in memory for every call to be judged by. */
export class DialOut {
  readonly #setting: Setting<typeof dialOutPolicySchema>;

  private constructor(setting: Setting<typeof dialOutPolicySchema>) {
    this.#setting = setting;
  }

  /** Nobody has set it: nothing may be called. */
  static async open(db: Database): Promise<DialOut> {
    return new DialOut(await Setting.open(db, 'dial-out', dialOutPolicySchema));
  }

  get policy(): DialOutPolicy {
    return this.#setting.value;
  }

  /** The whole of it, for the calls to come. */
  async set(policy: DialOutPolicy, note?: Note<DialOutPolicy>): Promise<void> {
    await this.#setting.set(policy, note);
  }
}
