import { randomInt, randomUUID } from 'node:crypto';
import {
  AppError,
  type CreateMeeting,
  type NumberPrivacy,
  type RecordingPolicy,
  type User,
} from '@switchroom/protocol';
import type { Database } from '../db/openDatabase.ts';
import type { MeetingsTable } from '../db/schema.ts';
import { equalSecrets, randomToken } from '../identity/secrets.ts';

/** A Meeting: what was scheduled, whether anybody is in it or not. */
export interface Meeting {
  id: string;
  ownerId: string;
  title: string;
  /** Last part of the join link; a secret. */
  joinToken: string;
  /** Six digits; a secret. */
  pin: string;
  lobby: boolean;
  recording: RecordingPolicy;
  numberPrivacy: NumberPrivacy;
  createdAt: string;
  endedAt: string | null;
}

const DEFAULT_TITLE = 'Meeting';
const PIN_DIGITS = 6;
/** Tries to find a free PIN; with a hundred thousand meetings one in ten is taken. */
const PIN_TRIES = 50;

export class MeetingStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Errors: `unavailable` when no PIN is free, `not-built` for a lobby. */
  async create(owner: User, wish: CreateMeeting): Promise<Meeting> {
    if (wish.lobby === true) throw new AppError('not-built', 'The lobby is not built yet.');
    const row: MeetingsTable = {
      id: randomUUID(),
      ownerId: owner.id,
      title: wish.title ?? DEFAULT_TITLE,
      joinToken: randomToken(128),
      pin: '',
      lobby: 0,
      recording: wish.recording ?? 'on-demand',
      numberPrivacy: wish.numberPrivacy ?? 'last-four',
      createdAt: new Date().toISOString(),
      endedAt: null,
    };
    for (let tries = 0; tries < PIN_TRIES; tries += 1) {
      row.pin = String(randomInt(10 ** PIN_DIGITS)).padStart(PIN_DIGITS, '0');
      const { numInsertedOrUpdatedRows } = await this.#db
        .insertInto('meetings')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows === 1n) return meetingOf(row);
    }
    throw new AppError('unavailable', 'No PIN is free; end meetings that are over.');
  }

  async byId(id: string): Promise<Meeting | undefined> {
    const row = await this.#select().where('id', '=', id).executeTakeFirst();
    return row && meetingOf(row);
  }

  async byJoinToken(joinToken: string): Promise<Meeting | undefined> {
    const row = await this.#select().where('joinToken', '=', joinToken).executeTakeFirst();
    return row && meetingOf(row);
  }

  /**
   * The meeting behind a PIN that has not ended. Every PIN is compared, each in constant time, so
   * that the time taken says nothing about how much of a guess was right.
   */
  async byPin(pin: string): Promise<Meeting | undefined> {
    const rows = await this.#select().where('endedAt', 'is', null).execute();
    let found: MeetingsTable | undefined;
    for (const row of rows) {
      if (equalSecrets(row.pin, pin)) found = row;
    }
    return found && meetingOf(found);
  }

  /**
   * The meeting, for its owner or an administrator. For anybody else it does not exist.
   * Errors: `not-found`.
   */
  async forUser(id: string, user: User): Promise<Meeting> {
    const meeting = await this.byId(id);
    if (!meeting || (meeting.ownerId !== user.id && user.role !== 'administrator')) {
      throw new AppError('not-found', 'There is no such meeting.');
    }
    return meeting;
  }

  /** Its link and PIN are of no use from now on. Twice is silent. */
  async end(id: string): Promise<void> {
    await this.#db
      .updateTable('meetings')
      .set({ endedAt: new Date().toISOString() })
      .where('id', '=', id)
      .where('endedAt', 'is', null)
      .execute();
  }

  #select() {
    return this.#db.selectFrom('meetings').selectAll();
  }
}

function meetingOf(row: MeetingsTable): Meeting {
  return { ...row, lobby: row.lobby === 1 };
}

/** The meeting if one can still join it. Errors: `not-found`, `meeting-ended`. */
export function joinable(meeting: Meeting | undefined): Meeting {
  if (!meeting) throw new AppError('not-found', 'There is no such meeting.');
  if (meeting.endedAt !== null) throw new AppError('meeting-ended', 'This meeting has ended.');
  return meeting;
}
