import { randomUUID } from 'node:crypto';
import {
  AppError,
  type CreateMeeting,
  type EntrySignal,
  type NumberPrivacy,
  type RecordingPolicy,
  type User,
} from '@switchroom/protocol';
import type { Database } from '../db/openDatabase.ts';
import type { MeetingsTable } from '../db/schema.ts';
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
  numberPrivacy: NumberPrivacy;
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
  async create(owner: User, wish: CreateMeeting): Promise<Meeting> {
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
      numberPrivacy: wish.numberPrivacy ?? 'last-four',
      createdAt: new Date().toISOString(),
      endedAt: null,
    };
    for (let tries = 0; tries < PIN_TRIES; tries += 1) {
      row.pin = this.#drawPin();
      row.moderatorPin = this.#drawPin();
      if (await this.#insert(row)) return meetingOf(row);
    }
    throw new AppError('unavailable', 'No PIN is free; end meetings that are over.');
  }

  /** The meeting as it is now. Errors: `not-found`, `meeting-ended`. */
  async update(id: string, wish: CreateMeeting): Promise<Meeting> {
    const { title, lobby, waitForHost, entry, recording, numberPrivacy } = wish;
    const change: Partial<MeetingsTable> = {
      ...(title !== undefined && { title }),
      ...(lobby !== undefined && { lobby: bit(lobby) }),
      ...(waitForHost !== undefined && { waitForHost: bit(waitForHost) }),
      ...(entry !== undefined && { entry }),
      ...(recording !== undefined && { recording }),
      ...(numberPrivacy !== undefined && { numberPrivacy }),
    };
    if (Object.keys(change).length > 0) {
      await this.#db
        .updateTable('meetings')
        .set(change)
        .where('id', '=', id)
        .where('endedAt', 'is', null)
        .execute();
    }
    return joinable(await this.byId(id));
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
   * The meeting that has not ended behind a PIN, be it the moderator's. Every PIN is compared, each in
   * constant time, so that the time taken says nothing about how much of a guess was right.
   */
  async byPin(pin: string): Promise<Meeting | undefined> {
    const rows = await this.#select().where('endedAt', 'is', null).execute();
    let found: MeetingsTable | undefined;
    for (const row of rows) {
      const [isPin, isModerator] = [equalSecrets(row.pin, pin), isModeratorPin(row, pin)];
      if (isPin || isModerator) found = row;
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

  /** Its link and PINs are of no use from now on. Twice is silent. */
  async end(id: string): Promise<void> {
    await this.#db
      .updateTable('meetings')
      .set({ endedAt: new Date().toISOString() })
      .where('id', '=', id)
      .where('endedAt', 'is', null)
      .execute();
  }

  /** False when one of its PINs is another's, of either sort. */
  async #insert(row: MeetingsTable): Promise<boolean> {
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
      return true;
    });
  }

  #select() {
    return this.#db.selectFrom('meetings').selectAll();
  }
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
