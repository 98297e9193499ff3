import type { StatementsView } from '@switchroom/protocol';
import type { SealKeys } from '../format/SealKeys.ts';
import type { SigningKey } from '../format/SigningKey.ts';

/**
 * The vault: where sealed and open recordings lie, and how they are read back. It knows files and
 * keys, no database, no HTTP and no users: who may read is the caller's business.
 */
export interface Vault {
  /**
   * A track, or the mix of all (`trackId` = `'mix'`), as Ogg Opus (RFC 7845). A recording that is
   * still being written is given as far as it has come.
   * Errors: `AppError('not-found')`; `'key-elsewhere'` without any identity, `'key-lost'` where none fits;
   * `'recording-damaged'` for what is not as it was sealed, or is gone.
   */
  openAudio(recordingId: string, trackId: string): Promise<AudioFile>;

  /**
   * What its manifest says of who was told and agreed, of pauses, of who was there, muted or on hold, and of where there is no
   * sound, and why; of one that is still made, as far as it has come. Errors: those of `openAudio()`.
   */
  statements(recordingId: string): Promise<StatementsView>;

  /**
   * A zip of all that proves a sealed recording (docs/recording-format.md), as a stream.
   * Errors: those of `openAudio()`, `AppError('conflict')` for one that is not sealed yet.
   */
  exportZip(recordingId: string): Promise<AsyncIterable<Uint8Array>>;

  /**
   * The same of the files as they lie in the vault, which takes no key.
   * Errors: `AppError('not-found')`, `'recording-damaged'`; `'conflict'` for one that is not sealed yet.
   */
  exportSealedZip(recordingId: string): Promise<AsyncIterable<Uint8Array>>;

  /**
   * Whether it has a seal, or needs none yet; that is only looked for, and not read. Who is to be told of damage is told where
   * it is gone. Errors: `AppError('unavailable')`.
   */
  isThere(recordingId: string): Promise<boolean>;

  /** Whether a recorder has it open, or has left it so. */
  isOpen(recordingId: string): Promise<boolean>;

  /** Deletes the sound and the keys that it was sealed with, for good. Silent when there is none. */
  remove(recordingId: string): Promise<void>;
}

/** An Ogg Opus file of known length that is decrypted while it is read. */
export interface AudioFile {
  /** Bytes. */
  readonly size: number;
  /** What could not be read, and is played around. */
  readonly damage: readonly Damage[];
  /** The bytes from `start` up to, not including, `end`; 0 <= start <= end <= size. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

/** A part of a track whose bytes in the vault were changed or lost. On the recording's clock, ms. */
export interface Damage {
  fromMs: number;
  toMs: number;
}

/** The vault's keys: the recorder needs the recipient only, a reader an identity. */
export interface VaultKeys {
  /** What new recordings are encrypted to: `age1…`, or several with commas. */
  recipient: string;
  /** `AGE-SECRET-KEY-1…`, one a line; null where this server is not to read. Never logged. */
  identity: string | null;
  /** The recipients of these identities. */
  own: readonly string[];
  /** What exports are signed with. */
  exportKey: SigningKey;
  /** Whose seals are trusted. */
  sealKeys: SealKeys;
}

/** Those of a server that can read what it writes. */
export interface OwnKeys extends VaultKeys {
  identity: string;
}
