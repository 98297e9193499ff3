import { z } from 'zod';
import { ageRecipientsSchema } from './ageRecipient.ts';
import { cleanReason } from './cleanText.ts';
import type { RecordingView } from './meeting.ts';

/*
 * What becomes of recordings: legal hold, deletion, retention.
 */
const MAX_RETENTION_DAYS = 36_525;

const reason = z.string().trim().max(500).transform(cleanReason);

/** Of a hold, its end, a deletion, and what takes that back. */
export const reasonSchema = z.object({
  reason: reason.pipe(z.string().min(1, 'must have a letter or a digit')),
});

/** `?reason=` of who plays or exports; one that says nothing is none. */
export const reasonQuerySchema = z.object({ reason: reason.optional() });

/** Of an export. An empty `recipient` is an error: nobody gets in the clear what was to be encrypted. */
export const exportQuerySchema = reasonQuerySchema.extend({
  /**
   * Files as they lie in the vault. Left out: in the clear, and as they lie there where the key is elsewhere.
   */
  sealed: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
  /** age recipients (`age1…`) that the whole of it is encrypted to, comma separated. */
  recipient: ageRecipientsSchema.optional(),
});

export const retentionDaysSchema = z.int().min(1).max(MAX_RETENTION_DAYS);

/** `PUT /recording-policy`, for all recordings; what is not named is as at first. */
export const recordingPolicySchema = z.object({
  /** Days after its end that a recording is kept; null: for ever. */
  retentionDays: retentionDaysSchema.nullable().default(null),
  /** Whether hosts hear the recordings of their own meetings. */
  hostsMayPlay: z.boolean().default(false),
  /** Whether playing and exporting need a reason. */
  reasonToPlay: z.boolean().default(false),
  /** Whether a second officer must confirm a deletion. */
  twoToDelete: z.boolean().default(false),
});
export type RecordingKeeping = z.output<typeof recordingPolicySchema>;

/** Who wants something kept or gone, when and why. */
export interface Stated {
  reason: string;
  /** E-mail address of the officer. */
  by: string;
  at: string;
}

/** Who can open a recording. */
export interface RecordingKeyView {
  /** Whether this server can: `elsewhere` was meant so, `lost` was not. */
  key: 'here' | 'elsewhere' | 'lost';
  /** To whom it is sealed: SHA-256 of the age recipient as text, and whether that was the server's own. */
  sealedTo: { fingerprint: string; server: boolean }[];
}

export const STORAGE_PLACES = ['local', 'moving', 'store'] as const;

/** Where a recording lies. */
export interface StorageView {
  /** On local disk; there, and on its way to the store; in the store. */
  place: (typeof STORAGE_PLACES)[number];
  /** Which store that is, as `s3://bucket/prefix`; null on local disk, and where none is set up any more. */
  bucket: string | null;
  /** The store lets nobody delete it before (write-once). */
  lockedUntil: string | null;
}

/** A Recording over REST. */
export interface KeptRecordingView extends RecordingView, RecordingKeyView {
  meetingTitle: string;
  /** Legal hold: it is deleted by nobody and does not expire. */
  hold: Stated | null;
  /** Asked for by one officer; a second one must confirm. */
  deletion: Stated | null;
  /** When it is deleted by retention, as things stand; a hold stops that. */
  expiresAt: string | null;
  storage: StorageView;
}

/** What is left of a recording that was deleted. */
export interface TombstoneView {
  /** Of the recording. */
  id: string;
  meetingId: string;
  startedAt: string;
  deletedAt: string;
  /** E-mail addresses of the officers; none where retention did it. */
  by: string[];
  reason: string;
}
