import { dialOutPolicySchema, type DialOutPolicy } from '@switchroom/protocol';
import { z } from 'zod';
import type { Note } from '../audit/AuditTrail.ts';
import type { Database } from '../db/openDatabase.ts';
import { Setting } from '../db/Setting.ts';

const keptPrefixes = z.array(z.string()).default([]);
/** As another version may have kept it, which took other prefixes: what we would not take begins no number. */
const keptPolicySchema = z.object({
  ...dialOutPolicySchema.shape,
  ...{ allowed: keptPrefixes, denied: keptPrefixes },
});

/** The dial-out policy: kept in the database, and in memory for every call to be judged by. */
export class DialOut {
  readonly #setting: Setting<typeof keptPolicySchema>;

  private constructor(setting: Setting<typeof keptPolicySchema>) {
    this.#setting = setting;
  }

  /** Nobody has set it: nothing may be called. */
  static async open(db: Database): Promise<DialOut> {
    return new DialOut(await Setting.open(db, 'dial-out', keptPolicySchema));
  }

  get policy(): DialOutPolicy {
    return this.#setting.value;
  }

  /** The whole of it, for the calls to come. */
  async set(policy: DialOutPolicy, note?: Note<DialOutPolicy>): Promise<void> {
    await this.#setting.set(policy, note);
  }
}
