import { AppError, type RecordingKeyView } from '@switchroom/protocol';
import { fingerprintOfRecipient, recipientsOf, type VaultKeys } from '@switchroom/recordings/vault';
import { sql, type RawBuilder } from 'kysely';
import type { Database } from '../db/openDatabase.ts';

/** To whom recordings are sealed, and which of them this server can open. */
export class RecordingKeys {
  readonly #db: Database;
  readonly #recipients: readonly string[];
  /** Fingerprints of what this server has the identities to. */
  readonly #own: ReadonlySet<string>;

  constructor(db: Database, { recipient, own }: Pick<VaultKeys, 'recipient' | 'own'>) {
    this.#db = db;
    this.#recipients = recipientsOf(recipient).map(fingerprintOfRecipient);
    this.#own = new Set(own.map(fingerprintOfRecipient));
  }

  /** Writes down to whom a recording is sealed that begins now. */
  async note(recordingId: string, db: Database): Promise<void> {
    const rows = this.#recipients.map((fingerprint) => ({
      ...({ recordingId, fingerprint, server: this.#own.has(fingerprint) ? 1 : 0 } as const),
    }));
    await db.insertInto('recordingKeys').values(rows).execute();
  }

  /** What is known of the keys to these recordings, by id. */
  async of(ids: readonly string[]): Promise<(id: string) => RecordingKeyView> {
    const rows = await this.#db
      .selectFrom('recordingKeys')
      .selectAll()
      .where('recordingId', 'in', ids)
      .orderBy('fingerprint')
      .execute();
    const byRecording = Map.groupBy(rows, ({ recordingId }) => recordingId);
    return (id) => {
      const sealedTo = (byRecording.get(id) ?? []).map(({ fingerprint, server }) => ({
        ...{ fingerprint, server: server === 1 },
      }));
      return { key: this.#stateOf(sealedTo), sealedTo };
    };
  }

  /** Errors: `key-elsewhere`, `key-lost`. */
  async mustBeHere(recordingId: string): Promise<void> {
    const { key } = (await this.of([recordingId]))(recordingId);
    if (key === 'elsewhere') {
      throw new AppError(
        'key-elsewhere',
        'The key to this recording is not on this server; export it sealed, and open it where the key is.',
      );
    }
    if (key === 'lost') {
      throw new AppError(
        'key-lost',
        'The key that this server had to this recording is gone from DATA_DIR/keys; put it back from a copy.',
      );
    }
  }

  /** How many recordings this server could open once, and cannot now. */
  async countLost(): Promise<number> {
    const keys = (filter: RawBuilder<unknown>) =>
      sql`exists (select 1 from "recordingKeys" k where k."recordingId" = r."id" and ${filter})`;
    const opens = keys(sql`k."fingerprint" in (${sql.join([...this.#own])})`);
    const isOld = this.#own.size > 0 ? sql`false` : sql`not ${keys(sql`true`)}`;
    const { rows } = await sql<{ count: number }>`
      select count(*) as "count" from "recordings" r
      where not ${opens} and (${keys(sql`k."server" = 1`)} or ${isOld})`.execute(this.#db);
    return rows[0]?.count ?? 0;
  }

  #stateOf(sealedTo: RecordingKeyView['sealedTo']): RecordingKeyView['key'] {
    if (sealedTo.some(({ fingerprint }) => this.#own.has(fingerprint))) return 'here';
    if (sealedTo.some(({ server }) => server)) return 'lost';
    // From before it was written down, which was to the server's own: the vault knows more.
    if (sealedTo.length === 0) return this.#own.size > 0 ? 'here' : 'lost';
    return 'elsewhere';
  }
}
