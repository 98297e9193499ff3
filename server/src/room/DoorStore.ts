import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../db/openDatabase.ts';
import { doorRecordSchema, type DoorRecord } from './DoorMemory.ts';

/** Hundreds may come in a second, and each time all seats are written: so much of it a crash may cost, ms. */
const GATHER_MS = 100;

/** Keeps what doors remember over a start of the server. */
export class DoorStore {
  readonly #db: Database;
  readonly #logger: Logger;
  /** The last word on each meeting that is not written yet. */
  readonly #unwritten = new Map<string, DoorRecord | undefined>();
  #writing: Promise<void> | undefined;

  constructor(db: Database, logger: Logger) {
    this.#db = db;
    this.#logger = logger.child({ file: 'DoorStore' });
  }

  /** Of all meetings that have not ended. */
  async load(): Promise<Map<string, DoorRecord>> {
    const rows = await this.#db
      .selectFrom('doors')
      .innerJoin('meetings', 'meetings.id', 'doors.meetingId')
      .select(['doors.meetingId', 'doors.record'])
      .where('meetings.endedAt', 'is', null)
      .execute();
    return new Map(
      rows.map(({ meetingId, record }) => [meetingId, doorRecordSchema.parse(JSON.parse(record))]),
    );
  }

  /** Soon, and in order. Undefined forgets. */
  save(meetingId: string, record: DoorRecord | undefined): void {
    this.#unwritten.set(meetingId, record);
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  /** Resolves when all that was given is written. */
  async whenSaved(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#unwritten.size > 0) {
      await delay(GATHER_MS);
      const all = [...this.#unwritten];
      this.#unwritten.clear();
      for (const [meetingId, record] of all) await this.#put(meetingId, record);
    }
  }

  async #put(meetingId: string, memory: DoorRecord | undefined): Promise<void> {
    const record = JSON.stringify(memory);
    try {
      if (memory) {
        await this.#db
          .insertInto('doors')
          .values({ meetingId, record })
          .onConflict((conflict) => conflict.column('meetingId').doUpdateSet({ record }))
          .execute();
      } else {
        await this.#db.deleteFrom('doors').where('meetingId', '=', meetingId).execute();
      }
    } catch (error) {
      this.#logger.error({ err: error, meetingId }, 'put() | a door is not remembered');
    }
  }
}
