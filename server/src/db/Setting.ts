import type { z } from 'zod';
import type { Note } from '../audit/AuditTrail.ts';
import type { Database } from './openDatabase.ts';

/** One setting that administrators change: kept in the database, and in memory to be asked at any time. */
export class Setting<S extends z.ZodType> {
  readonly #db: Database;
  readonly #name: string;
  #value: z.output<S>;

  private constructor(db: Database, name: string, value: z.output<S>) {
    this.#db = db;
    this.#name = name;
    this.#value = value;
  }

  /** What nobody has set is as `schema` makes it of `{}`. */
  static async open<S extends z.ZodType>(
    db: Database,
    name: string,
    schema: S,
  ): Promise<Setting<S>> {
    const row = await db
      .selectFrom('settings')
      .select('value')
      .where('name', '=', name)
      .executeTakeFirst();
    return new Setting(db, name, schema.parse(JSON.parse(row?.value ?? '{}')));
  }

  get value(): z.output<S> {
    return this.#value;
  }

  /** The whole of it. */
  async set(value: z.output<S>, note: Note<z.output<S>> = async () => undefined): Promise<void> {
    const text = JSON.stringify(value);
    await this.#db.transaction().execute(async (db) => {
      await db
        .insertInto('settings')
        .values({ name: this.#name, value: text })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: text }))
        .execute();
      await note(db, value);
    });
    this.#value = value;
  }
}
