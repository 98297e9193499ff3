import { AppError, recordingPolicySchema, type RecordingKeeping } from '@switchroom/protocol';
import { z } from 'zod';
import type { AuditSource, AuditTrail } from '../audit/AuditTrail.ts';
import type { Database } from '../db/openDatabase.ts';
import { Setting } from '../db/Setting.ts';
import { hasRole, userOf } from '../identity/roles.ts';
import type { RecordingPolicy } from './RecordingPolicy.ts';

const askedSchema = z.object({
  asked: z
    .object({ policy: recordingPolicySchema, userId: z.string(), by: z.string(), at: z.string() })
    .nullable()
    .default(null),
});
type Asked = z.output<typeof askedSchema>['asked'];

export interface PolicyChangesOptions {
  db: Database;
  policy: RecordingPolicy;
  trail: AuditTrail;
}

const SUBJECT = { type: 'policy', id: 'recording-policy' };

/**
 * Sets the recording policy. Where it wants two to delete, a change by which recordings go earlier, or by one alone, takes two as
 * well: an administrator asks for it, and an officer confirms that very policy.
 */
export class PolicyChanges {
  readonly #options: PolicyChangesOptions;
  readonly #waiting: Setting<typeof askedSchema>;

  private constructor(options: PolicyChangesOptions, waiting: Setting<typeof askedSchema>) {
    this.#options = options;
    this.#waiting = waiting;
  }

  static async open(options: PolicyChangesOptions): Promise<PolicyChanges> {
    const waiting = await Setting.open(options.db, 'recording-policy-asked', askedSchema);
    return new PolicyChanges(options, waiting);
  }

  /** What waits for an officer. */
  get asked(): Asked {
    return this.#waiting.value.asked;
  }

  /** An administrator's word. `waiting`: until an officer confirms it; it takes the place of what waited before. */
  async ask(wish: RecordingKeeping, source: AuditSource): Promise<'set' | 'waiting'> {
    const { policy, trail } = this.#options;
    if (!isLooser(policy.value, wish)) {
      await this.#set(wish, source, { ...wish });
      return 'set';
    }
    const { id, name } = source.actor;
    const at = new Date().toISOString();
    const asked = { policy: wish, userId: id ?? '', by: name ?? '', at };
    await this.#waiting.set({ asked }, (db) =>
      trail.append(
        { ...source, action: 'policy.change-asked', subject: SUBJECT, details: { ...wish } },
        db,
      ),
    );
    return 'waiting';
  }

  /** Whether somebody else than this user has asked for that very policy. */
  awaits(wish: RecordingKeeping, userId: string): boolean {
    const { asked } = this;
    return asked !== null && asked.userId !== userId && isEqual(asked.policy, wish);
  }

  /** An officer's word. Errors: `conflict` when it is not what an administrator, and another one, has asked for. */
  async confirm(wish: RecordingKeeping, source: AuditSource): Promise<void> {
    const { asked } = this;
    const isAwaited = asked !== null && this.awaits(wish, source.actor.id ?? '');
    if (!isAwaited || !(await this.#isAdministrator(asked))) {
      const message = 'An officer confirms what an administrator, and another one, has asked for.';
      throw new AppError('conflict', message);
    }
    await this.#set(wish, source, { ...wish, askedBy: asked.by });
  }

  async #set(wish: RecordingKeeping, source: AuditSource, details: object): Promise<void> {
    const { policy, trail } = this.#options;
    await policy.set(wish, (db) =>
      trail.append(
        { ...source, action: 'policy.changed', subject: SUBJECT, details: { ...details } },
        db,
      ),
    );
    if (this.asked !== null) await this.#waiting.set({ asked: null });
  }

  async #isAdministrator({ userId }: { userId: string }): Promise<boolean> {
    const row = await this.#options.db
      .selectFrom('users')
      .selectAll()
      .where('id', '=', userId)
      .where('removedAt', 'is', null)
      .executeTakeFirst();
    return row !== undefined && hasRole(userOf(row), 'administrator');
  }
}

/** Whether more is deleted by it, or by fewer, where two are wanted. */
function isLooser(now: RecordingKeeping, wish: RecordingKeeping): boolean {
  const [before, after] = [now.retentionDays ?? Infinity, wish.retentionDays ?? Infinity];
  return now.twoToDelete && (!wish.twoToDelete || after < before);
}

function isEqual(one: RecordingKeeping, other: RecordingKeeping): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
