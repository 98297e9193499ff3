import type { GeneratedAlways } from 'kysely';
import type {
  ConsentPolicy,
  EntrySignal,
  NumberPrivacy,
  ParticipantKind,
  RecordingPolicy,
  RecordingState,
  TrunkSrtp,
  UserRole,
} from '@switchroom/protocol';

/*
 * The tables, as kysely sees them. Times are ISO 8601 in UTC, which sort as text; truth values are 0
 * and 1, since SQLite has no others.
 */

export interface UsersTable {
  id: string;
  email: string;
  passwordHash: string;
  /** The first of `roles`. */
  role: UserRole;
  /** JSON array. */
  roles: string;
  createdAt: string;
  /** Then it is nobody any more, and its address free for another. */
  removedAt: string | null;
}

export interface SessionsTable {
  /** SHA-256 of the token, hexadecimal; the token itself is kept nowhere. */
  tokenHash: string;
  userId: string;
  createdAt: string;
  expiresAt: string;
}

export interface MeetingsTable {
  id: string;
  ownerId: string;
  title: string;
  joinToken: string;
  pin: string;
  moderatorPin: string;
  lobby: 0 | 1;
  waitForHost: 0 | 1;
  entry: EntrySignal;
  recording: RecordingPolicy;
  consent: ConsentPolicy;
  numberPrivacy: NumberPrivacy;
  /** Longer than the policy's; null: as the policy has it. */
  retentionDays: number | null;
  createdAt: string;
  endedAt: string | null;
}

export interface RecordingsTable {
  id: string;
  meetingId: string;
  startedAt: string;
  endedAt: string | null;
  durationMs: number | null;
  state: RecordingState;
}

export interface TracksTable {
  id: string;
  recordingId: string;
  participantId: string;
  participantName: string;
  kind: ParticipantKind;
  startMs: number;
  endMs: number | null;
  /** What they were called before; a trigger keeps it, for the search. */
  formerNames: GeneratedAlways<string>;
}

/** To whom a recording is sealed. */
export interface RecordingKeysTable {
  recordingId: string;
  /** SHA-256 of the age recipient as text, hexadecimal. */
  fingerprint: string;
  /** Whether it was the server's own. */
  server: 0 | 1;
}

export interface TrunksTable {
  id: string;
  name: string;
  /** JSON array. */
  cidrs: string;
  /** With the two HA1 beside it, or all four null. The password itself is kept nowhere. */
  digestUsername: string | null;
  digestRealm: string | null;
  /** H(username:realm:password), hexadecimal (RFC 7616 section 3.4.2). As good as the password. */
  ha1Md5: string | null;
  ha1Sha256: string | null;
  maxCalls: number;
  callsPerSecond: number;
  srtp: TrunkSrtp;
  clientCertificate: 0 | 1;
  /** JSON of a `TrunkOutbound`, its password in the clear: a digest is made of nothing less. */
  outbound: string | null;
  enabled: 0 | 1;
  createdAt: string;
}

export interface DidsTable {
  id: string;
  /** E.164. */
  number: string;
  /** Null: any trunk. */
  trunkId: string | null;
  language: string;
  /** Null: leads to the PIN prompt. */
  meetingId: string | null;
  enabled: 0 | 1;
  createdAt: string;
}

export interface SettingsTable {
  name: string;
  /** JSON. */
  value: string;
}

/** Calls to the outside that were begun within the last hour; nothing of whom they were to. */
export interface BegunCallsTable {
  id: string;
  meetingId: string;
  begunAt: string;
}

/** Triggers refuse UPDATE and DELETE. */
export interface AuditTable {
  seq: number;
  /** Canonical JSON of an `AuditEntry` without its `hash`. */
  entry: string;
  /** SHA-256 of `entry`, hexadecimal. */
  hash: string;
  /* Of the entry, to search by. */
  at: GeneratedAlways<string>;
  action: GeneratedAlways<string>;
  actorId: GeneratedAlways<string | null>;
  actorName: GeneratedAlways<string | null>;
  subjectType: GeneratedAlways<string>;
  subjectId: GeneratedAlways<string | null>;
  address: GeneratedAlways<string | null>;
  details: GeneratedAlways<string>;
}

/** A legal hold, or a deletion that waits for a second officer. */
export interface StatedTable {
  recordingId: string;
  reason: string;
  userId: string;
  /** E-mail address. */
  by: string;
  at: string;
}

export interface TombstonesTable {
  id: string;
  meetingId: string;
  startedAt: string;
  deletedAt: string;
  /** JSON array. */
  by: string;
  reason: string;
  /** Null: its files may still be there. */
  erasedAt: string | null;
}

/** What is remembered of the door of a live meeting. */
export interface DoorsTable {
  meetingId: string;
  /** JSON of a `DoorRecord`. */
  record: string;
}

/** What was decided by hand of the recordings of live meetings. */
export interface RecordingNotesTable {
  meetingId: string;
  kind: string;
  /** JSON. */
  value: string;
  /** Null while the room is there. */
  until: string | null;
}

/** A recording that is moved to the store, or lies there. */
export interface StoredRecordingsTable {
  recordingId: string;
  /** Null: not all of it is there yet. */
  storedAt: string | null;
  /** The store lets nobody delete it before. */
  lockedUntil: string | null;
  /** The store keeps it under hold. */
  held: 0 | 1;
}

export interface Schema {
  users: UsersTable;
  sessions: SessionsTable;
  meetings: MeetingsTable;
  recordings: RecordingsTable;
  tracks: TracksTable;
  recordingKeys: RecordingKeysTable;
  trunks: TrunksTable;
  dids: DidsTable;
  settings: SettingsTable;
  begunCalls: BegunCallsTable;
  audit: AuditTable;
  holds: StatedTable;
  deletions: StatedTable;
  tombstones: TombstonesTable;
  doors: DoorsTable;
  recordingNotes: RecordingNotesTable;
  storedRecordings: StoredRecordingsTable;
}
