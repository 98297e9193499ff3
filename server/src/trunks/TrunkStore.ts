import { randomUUID } from 'node:crypto';
import {
  AppError,
  OUTBOUND_DEFAULTS,
  type CreateTrunk,
  type TrunkOutbound,
  type TrunkSrtp,
  type TrunkView,
  type UpdateTrunk,
} from '@switchroom/protocol';
import type { Note } from '../audit/AuditTrail.ts';
import { unlessTaken } from '../db/constraint.ts';
import type { Database } from '../db/openDatabase.ts';
import type { TrunksTable } from '../db/schema.ts';
import { ha1Of, type Ha1 } from './digest.ts';

/** A Trunk: whom calls may come from, and who takes calls to the outside. */
export interface Trunk {
  id: string;
  name: string;
  cidrs: string[];
  digest: { username: string; realm: string; ha1: Ha1 } | null;
  maxCalls: number;
  callsPerSecond: number;
  srtp: TrunkSrtp;
  clientCertificate: boolean;
  outbound: TrunkOutbound | null;
  enabled: boolean;
  createdAt: string;
}

const TAKEN = 'Another trunk has this name, or this user name and realm.';

export class TrunkStore {
  readonly #db: Database;
  readonly #changed: () => Promise<void>;

  /** `changed` is awaited after every write. */
  constructor(db: Database, changed: () => Promise<void>) {
    this.#db = db;
    this.#changed = changed;
  }

  /** All, the oldest first. */
  async list(): Promise<Trunk[]> {
    const rows = await this.#select().orderBy('createdAt').orderBy('id').execute();
    return rows.map(trunkOf);
  }

  /** Errors: `not-found`. */
  async get(id: string): Promise<Trunk> {
    const row = await this.#select().where('id', '=', id).executeTakeFirst();
    if (!row) throw new AppError('not-found', 'There is no such trunk.');
    return trunkOf(row);
  }

  /** Errors: `bad-request` when it would admit nobody, `conflict` when its name or user is taken. */
  async create(wish: CreateTrunk, note: Note<Trunk> = noted): Promise<Trunk> {
    const row: TrunksTable = {
      ...columnsOf(wish),
      id: randomUUID(),
      createdAt: new Date().toISOString(),
    };
    checked(row);
    await this.#db.transaction().execute(async (db) => {
      await unlessTaken(db.insertInto('trunks').values(row).execute(), TAKEN);
      await note(db, trunkOf(row));
    });
    await this.#changed();
    return trunkOf(row);
  }

  /** Changes what is given and leaves the rest. Calls that are up go on. Errors: as `get` and `create`. */
  async update(id: string, wish: UpdateTrunk, note: Note<Trunk> = noted): Promise<Trunk> {
    const current = await this.#select().where('id', '=', id).executeTakeFirst();
    if (!current) throw new AppError('not-found', 'There is no such trunk.');
    const row = { ...current, ...columnsOf(wish) };
    checked(row);
    await this.#db.transaction().execute(async (db) => {
      await unlessTaken(db.updateTable('trunks').set(row).where('id', '=', id).execute(), TAKEN);
      await note(db, trunkOf(row));
    });
    await this.#changed();
    return trunkOf(row);
  }

  /** Errors: `not-found`; `conflict` while a DID is bound to it. */
  async delete(id: string, note: Note<Trunk> = noted): Promise<void> {
    const trunk = await this.get(id);
    const bound = await this.#db
      .selectFrom('dids')
      .select('id')
      .where('trunkId', '=', id)
      .executeTakeFirst();
    if (bound) throw new AppError('conflict', 'A DID is bound to this trunk; change that first.');
    await this.#db.transaction().execute(async (db) => {
      await db.deleteFrom('trunks').where('id', '=', id).execute();
      await note(db, trunk);
    });
    await this.#changed();
  }

  #select() {
    return this.#db.selectFrom('trunks').selectAll();
  }
}

const noted = async (): Promise<void> => undefined;

/** As REST shows it: without the secrets. */
export function trunkView({ digest, outbound, ...trunk }: Trunk): TrunkView {
  return {
    ...trunk,
    digest: digest && { username: digest.username, realm: digest.realm },
    outbound: outbound && withoutPassword(outbound),
  };
}

function withoutPassword({ password: _, ...rest }: TrunkOutbound): TrunkView['outbound'] {
  return rest;
}

type Columns = Omit<TrunksTable, 'id' | 'createdAt'>;

function columnsOf(wish: CreateTrunk): Columns;
function columnsOf(wish: UpdateTrunk): Partial<Columns>;
function columnsOf(wish: UpdateTrunk): Partial<Columns> {
  const { cidrs, digest, clientCertificate, outbound, enabled, ...rest } = wish;
  const plain = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined),
  ) as Partial<Columns>;
  return {
    ...plain,
    ...(cidrs && { cidrs: JSON.stringify([...new Set(cidrs)]) }),
    ...(digest !== undefined && digestColumns(digest)),
    ...(clientCertificate !== undefined && { clientCertificate: clientCertificate ? 1 : 0 }),
    ...(outbound !== undefined && { outbound: outbound && JSON.stringify(outbound) }),
    ...(enabled !== undefined && { enabled: enabled ? 1 : 0 }),
  };
}

function digestColumns(digest: CreateTrunk['digest']) {
  const ha1 = digest && ha1Of(digest);
  return {
    digestUsername: digest?.username ?? null,
    digestRealm: digest?.realm ?? null,
    ha1Md5: ha1?.md5 ?? null,
    ha1Sha256: ha1?.sha256 ?? null,
  };
}

/** Errors: `bad-request` for a trunk by which nobody could call or be called, or with half a user. */
function checked({ cidrs, digestUsername, outbound }: TrunksTable): void {
  if (cidrs === '[]' && digestUsername === null && outbound === null) {
    throw new AppError('bad-request', 'A trunk needs networks (cidrs), a digest, or outbound.');
  }
  const user = outboundOf(outbound);
  if (user && (user.username === null) !== (user.password === null)) {
    throw new AppError('bad-request', 'outbound: give user name and password, or neither.');
  }
  if (user?.fromUser === 'username' && user.username === null) {
    throw new AppError('bad-request', 'outbound: fromUser "username" needs a user name.');
  }
}

function outboundOf(column: string | null): TrunkOutbound | null {
  if (column === null) return null;
  // What another version kept may lack fields, and was judged when it came: one that is worse than we take now must not
  // keep all the others from being read.
  return { ...OUTBOUND_DEFAULTS, ...(JSON.parse(column) as TrunkOutbound) };
}

function trunkOf(row: TrunksTable): Trunk {
  const { digestUsername, digestRealm, ha1Md5, ha1Sha256, cidrs, enabled, ...rest } = row;
  const { clientCertificate, outbound } = row;
  const hasDigest = digestUsername !== null && digestRealm !== null;
  return {
    ...rest,
    cidrs: JSON.parse(cidrs) as string[],
    digest: hasDigest
      ? {
          username: digestUsername,
          realm: digestRealm,
          ha1: { md5: ha1Md5 ?? '', sha256: ha1Sha256 ?? '' },
        }
      : null,
    clientCertificate: clientCertificate === 1,
    outbound: outboundOf(outbound),
    enabled: enabled === 1,
  };
}
