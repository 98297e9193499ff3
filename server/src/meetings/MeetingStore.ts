import { randomUUID } from 'node:crypto';
import {
  AppError,
  type ConsentPolicy,
  type CreateMeeting,
  type EntrySignal,
  type NumberPrivacy,
  type RecordingPolicy,
  type User,
} from '@switchroom/protocol';
import type { Note } from '../audit/AuditTrail.ts';
import type { Database } from '../db/openDatabase.ts';
import type { MeetingsTable } from '../db/schema.ts';
import { hasRole } from '../identity/roles.ts';
import { equalSecrets, randomPin, randomToken } from '../identity/secrets.ts';

/** A Meeting: what was scheduled, whether anybody is in it or not. */
export interface Meeting {
  id: string;
  ownerId: string;
  title: string;
  /** Last part of the join link; a secret. */
  joinToken: string;
  /** Six digits; a secret. */
  pin: string;
  /** Of a host who comes by phone; a secret likewise. */
  moderatorPin: string;
  lobby: boolean;
  waitForHost: boolean;
  entry: EntrySignal;
  recording: RecordingPolicy;
  consent: ConsentPolicy;
  numberPrivacy: NumberPrivacy;
  /** Null: as the recording policy has it. */
  retentionDays: number | null;
  createdAt: string;
  endedAt: string | null;
}

const DEFAULT_TITLE = 'Meeting';
/** Tries to find two free PINs; with a hundred thousand meetings two in five tries fail. */
const PIN_TRIES = 50;

export class MeetingStore {
  readonly #db: Database;
  readonly #drawPin: () => string;

  /** `drawPin` gives one at random, free or not. */
  constructor(db: Database, drawPin = randomPin) {
    this.#db = db;
    this.#drawPin = drawPin;
  }

  /** Errors: `unavailable` when no PIN is free. */
  async create(
    owner: Pick<User, 'id'>,
    wish: CreateMeeting,
    note: Note<Meeting> = noted,
  ): Promise<Meeting> {
    const row: MeetingsTable = {
      id: randomUUID(),
      ownerId: owner.id,
      title: wish.title ?? DEFAULT_TITLE,
      joinToken: randomToken(128),
      pin: '',
      moderatorPin: '',
      lobby: bit(wish.lobby ?? false),
      waitForHost: bit(wish.waitForHost ?? false),
      entry: wish.entry ?? 'tones',
      recording: wish.recording ?? 'on-demand',
      consent: wish.consent ?? 'notice',
      numberPrivacy: wish.numberPrivacy ?? 'last-four',
      retentionDays: wish.retentionDays ?? null,
      createdAt: new Date().toISOString(),
      endedAt: null,
    };
    for (let tries = 0; tries < PIN_TRIES; tries += 1) {
      row.pin = this.#drawPin();
      row.moderatorPin = this.#drawPin();
      if (await this.#insert(row, note)) return meetingOf(row);
    }
    throw new AppError('unavailable', 'No PIN is free; end meetings that are over.');
  }

  /** The meeting as it is now. Errors: `not-found`, `meeting-ended`. */
  async update(id: string, wish: CreateMeeting, note: Note<Meeting> = noted): Promise<Meeting> {
    const { title, lobby, waitForHost, entry, recording, consent } = wish;
    const { numberPrivacy, retentionDays } = wish;
    const change: Partial<MeetingsTable> = {
      ...(title !== undefined && { title }),
      ...(lobby !== undefined && { lobby: bit(lobby) }),
      ...(waitForHost !== undefined && { waitForHost: bit(waitForHost) }),
      ...(entry !== undefined && { entry }),
      ...(recording !== undefined && { recording }),
      ...(consent !== undefined && { consent }),
      ...(numberPrivacy !== undefined && { numberPrivacy }),
      ...(retentionDays !== undefined && { retentionDays }),
    };
    return this.#db.transaction().execute(async (db) => {
      const row = await select(db).where('id', '=', id).executeTakeFirst();
      const meeting = joinable(row && meetingOf({ ...row, ...change }));
      if (Object.keys(change).length > 0) {
        await db.updateTable('meetings').set(change).where('id', '=', id).execute();
      }
      await note(db, meeting);
      return meeting;
    });
  }

  async byId(id: string): Promise<Meeting | undefined> {
    const row = await select(this.#db).where('id', '=', id).executeTakeFirst();
    return row && meetingOf(row);
  }

  async byJoinToken(joinToken: string): Promise<Meeting | undefined> {
    const row = await select(this.#db).where('joinToken', '=', joinToken).executeTakeFirst();
    return row && meetingOf(row);
  }

  /**
   * The meeting that has not ended behind a PIN, be it the moderator's. Every PIN is compared, each in
   * constant time, so that the time taken says nothing about how much of a guess was right.
   */
  async byPin(pin: string): Promise<Meeting | undefined> {
    const rows = await select(this.#db).where('endedAt', 'is', null).execute();
    let found: MeetingsTable | undefined;
    for (const row of rows) {
      const [isPin, isModerator] = [equalSecrets(row.pin, pin), isModeratorPin(row, pin)];
      if (isPin || isModerator) found = row;
    }
    return found && meetingOf(found);
  }

  /**
   * The meeting, for its owner. For anybody else it does not exist: who sees its link and PINs can be in it.
   * Errors: `not-found`.
   */
  async forUser(id: string, user: User): Promise<Meeting> {
    const meeting = await this.byId(id);
    if (!meeting || meeting.ownerId !== user.id) throw notFound();
    return meeting;
  }

  /** The id of a meeting that this user may end: the owner, or an administrator. Errors: `not-found`. */
  async toEnd(id: string, user: User): Promise<string> {
    const meeting = await this.byId(id);
    const isAllowed = meeting?.ownerId === user.id || hasRole(user, 'administrator');
    if (!meeting || !isAllowed) throw notFound();
    return meeting.id;
  }

  /** Its link and PINs are of no use from now on. Twice is silent, and noted once. */
  async end(id: string, note: Note<string> = noted): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      const { numUpdatedRows } = await db
        .updateTable('meetings')
        .set({ endedAt: new Date().toISOString() })
        .where('id', '=', id)
        .where('endedAt', 'is', null)
        .executeTakeFirst();
      if (numUpdatedRows > 0n) await note(db, id);
    });
  }

  /** False when one of its PINs is another's, of either sort. */
  async #insert(row: MeetingsTable, note: Note<Meeting>): Promise<boolean> {
    const { pin, moderatorPin } = row;
    if (pin === moderatorPin) return false;
    // One transaction: what no index can say of two columns must not change in between.
    return this.#db.transaction().execute(async (db) => {
      const taken = await db
        .selectFrom('meetings')
        .select('id')
        .where('endedAt', 'is', null)
        .where((eb) =>
          eb.or([
            eb('pin', 'in', [pin, moderatorPin]),
            eb('moderatorPin', 'in', [pin, moderatorPin]),
          ]),
        )
        .executeTakeFirst();
      if (taken) return false;
      await db.insertInto('meetings').values(row).execute();
      await note(db, meetingOf(row));
      return true;
    });
  }
}

function select(db: Database) {
  return db.selectFrom('meetings').selectAll();
}

/** Of what happens by itself, or in tests. */
const noted = async (): Promise<void> => undefined;

function notFound(): AppError {
  return new AppError('not-found', 'There is no such meeting.');
}

function bit(value: boolean): 0 | 1 {
  return value ? 1 : 0;
}

function meetingOf(row: MeetingsTable): Meeting {
  return { ...row, lobby: row.lobby === 1, waitForHost: row.waitForHost === 1 };
}

/** Whether this PIN makes its caller a host; compared in constant time. */
export function isModeratorPin({ moderatorPin }: { moderatorPin: string }, pin: string): boolean {
  return equalSecrets(moderatorPin, pin);
}

/** The meeting if one can still join it. Errors: `not-found`, `meeting-ended`. */
export function joinable(meeting: Meeting | undefined): Meeting {
  if (!meeting) throw new AppError('not-found', 'There is no such meeting.');
  if (meeting.endedAt !== null) throw new AppError('meeting-ended', 'This meeting has ended.');
  return meeting;
}
