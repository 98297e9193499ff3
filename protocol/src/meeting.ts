import { z } from 'zod';
import { personNameSchema, shownText } from './shownText.ts';
import type { ConsentPolicy } from './consent.ts';
import type { CALL_FAILURES } from './constants.ts';
import {
  CONSENT_POLICIES,
  ENTRY_SIGNALS,
  NUMBER_PRIVACIES,
  RECORDING_POLICIES,
} from './constants.ts';
import { languageTagSchema } from './languageTag.ts';
import { moment, nothing } from './moment.ts';
import { retentionDaysSchema } from './retention.ts';

export type RecordingPolicy = (typeof RECORDING_POLICIES)[number];
export type NumberPrivacy = (typeof NUMBER_PRIVACIES)[number];
export type EntrySignal = (typeof ENTRY_SIGNALS)[number];

export const createSessionSchema = z.object({
  email: z.string().trim().toLowerCase().min(3).max(254),
  password: z.string().min(1).max(1024),
});

export const createMeetingSchema = z.object({
  title: shownText(120).optional(),
  /** Whoever is no host waits until a host lets them in. */
  lobby: z.boolean().optional(),
  /** Whoever comes before the first host waits for them. */
  waitForHost: z.boolean().optional(),
  /** How phones hear that somebody enters or leaves. */
  entry: z.enum(ENTRY_SIGNALS).optional(),
  recording: z.enum(RECORDING_POLICIES).optional(),
  /** What becomes of those who have not agreed to be recorded. */
  consent: z.enum(CONSENT_POLICIES).optional(),
  numberPrivacy: z.enum(NUMBER_PRIVACIES).optional(),
  /** Its recordings are kept so long; counts where it is longer than the recording policy's. */
  retentionDays: retentionDaysSchema.nullable().optional(),
});
export type CreateMeeting = z.infer<typeof createMeetingSchema>;

/** `PATCH /meetings/:id`; `locked` is of the room, and so only of a meeting that is live. */
export const updateMeetingSchema = createMeetingSchema.extend({ locked: z.boolean().optional() });
export type UpdateMeeting = z.infer<typeof updateMeetingSchema>;

export const recordingActionSchema = z.object({
  action: z.enum(['start', 'stop', 'pause', 'resume']),
});
export type RecordingAction = z.infer<typeof recordingActionSchema>['action'];

/** One way to reach a meeting by phone: dial `number` (E.164), or `sipUri` from a SIP phone. */
export interface DialIn {
  number: string;
  sipUri: string;
}

/** A Meeting as its owner sees it over REST. Times are ISO 8601, UTC. */
export interface MeetingView {
  id: string;
  title: string;
  joinUrl: string;
  /** Six digits, unique among the meetings that have not ended. */
  pin: string;
  /** For a host who comes by phone; unique likewise, and among the PINs too. */
  moderatorPin: string;
  dialIn: DialIn[];
  lobby: boolean;
  waitForHost: boolean;
  entry: EntrySignal;
  /** Nobody else may come in now. */
  locked: boolean;
  recording: RecordingPolicy;
  consent: ConsentPolicy;
  /** How a phone without a name is shown, wherever it is: by its number, the last four digits, or neither. */
  numberPrivacy: NumberPrivacy;
  /** Days that its recordings are kept, if longer than the recording policy's; null: as the policy has it. */
  retentionDays: number | null;
  createdAt: string;
  endedAt: string | null;
  /** Whether anybody is in it now. */
  live: boolean;
}

/** What anyone who holds the link may know before joining: `GET /api/v1/join/:joinToken`. */
export interface JoinPreview {
  title: string;
  /** Router capabilities, so that the browser loads its mediasoup Device before it joins. */
  rtpCapabilities: Record<string, unknown>;
  recording: RecordingPolicy;
  consent: ConsentPolicy;
}

export type ParticipantKind = 'browser' | 'phone';
export type Role = 'host' | 'participant';

/** A Participant as everybody in the room sees it. */
export interface ParticipantView {
  id: string;
  name: string;
  kind: ParticipantKind;
  role: Role;
  /**
   * `lobby` until it is let in: it hears nothing and is heard by nobody, and only hosts see it. Then `connecting` until
   * its audio path is up; `joined` from then on.
   */
  state: 'lobby' | 'connecting' | 'joined';
  muted: boolean;
  handRaised: boolean;
  /** The phone that its sound comes by has the call on hold: it says nothing and hears nothing. */
  held: boolean;
  /** Where its sound comes from and goes to: a browser's can be moved to a phone and back. */
  audio: ParticipantKind;
  /** Mean opinion score of its sound to us, 1 to 4.5 in steps of 0.5; null while unknown. */
  quality: number | null;
  /**
   * Whether it has agreed to be recorded. `awaited`: it has to, and until then it is not heard, muted or not.
   * `none`: it has not, and need not now.
   */
  consent: 'none' | 'awaited' | 'given';
  /** Only in the lobby: it was put out before, and so waits also where nobody else does. */
  wasRemoved?: true | undefined;
}

/** Why a call that we made came to nothing. */
export type CallFailure = (typeof CALL_FAILURES)[number];

/** A call that a host makes from the meeting, until it is a Participant or has come to nothing. */
export interface CallView {
  id: string;
  /** As given, or the number as the meeting's `numberPrivacy` shows it. */
  name: string;
  /** `confirming`: somebody, or something, answered and has yet to press 1. */
  state: 'calling' | 'ringing' | 'confirming' | 'joined' | 'failed';
  /** Only of `failed`. */
  reason: CallFailure | null;
  /** Of `joined`: who it is now. Before: whose sound is to be moved ("call me"). */
  participantId: string | null;
}

/** E.164, as people write it too: blanks, dashes, dots, slashes and brackets are taken out. */
export const phoneNumberSchema = z
  .string()
  .max(40)
  .transform((text) => text.replace(/[\s\-./()]/g, '').replace(/^00/, '+'))
  .pipe(z.string().regex(/^\+[1-9]\d{4,14}$/, 'must be an international number, as in +15550100'));

export const createCallSchema = z.object({
  number: phoneNumberSchema,
  name: personNameSchema.optional(),
  /** RFC 5646 tag of what the called person hears; the first of ours stands in. */
  language: languageTagSchema.optional(),
});
export type CreateCall = z.infer<typeof createCallSchema>;

/** `PATCH /meetings/:id/participants/:participantId`, by a host. */
export const updateParticipantSchema = z.object({
  /** Others can be muted; they unmute themselves: `false` asks them to. */
  muted: z.boolean().optional(),
  handRaised: z.literal(false).optional(),
  name: personNameSchema.optional(),
  /** Out of the lobby. */
  admitted: z.literal(true).optional(),
});
export type UpdateParticipant = z.infer<typeof updateParticipantSchema>;

export type RecordingState = 'recording' | 'sealed' | 'failed';

export interface TrackView {
  id: string;
  participantId: string;
  participantName: string;
  kind: ParticipantKind;
  /** Where the track begins and ends on the recording's clock, in ms after `startedAt`. */
  startMs: number;
  endMs: number | null;
}

export interface RecordingView {
  id: string;
  meetingId: string;
  startedAt: string;
  endedAt: string | null;
  durationMs: number | null;
  state: RecordingState;
  tracks: TrackView[];
}

export const trackViewSchema = z.object({
  id: z.string().max(64),
  participantId: z.string().max(64),
  participantName: z.string().max(120),
  kind: z.enum(['browser', 'phone']),
  startMs: z.number().nonnegative(),
  endMs: z.number().nonnegative().nullable(),
}) satisfies z.ZodType<TrackView>;

export const recordingViewSchema = z.object({
  id: z.string().max(64),
  meetingId: z.string().max(64),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  durationMs: z.number().nonnegative().nullable(),
  state: z.enum(['recording', 'sealed', 'failed']),
  tracks: z.array(trackViewSchema).max(10_000),
}) satisfies z.ZodType<RecordingView>;

/** What is looked for. A control character is in nothing that is shown, and the index ends a text at NUL. */
const searchText = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .regex(/^\P{Cc}*$/u, 'must have no control characters');

export const listRecordingsQuerySchema = z.object({
  meetingId: z.union([nothing, searchText(64)]).optional(),
  from: moment('00:00:00.000').optional(),
  to: moment('23:59:59.999').optional(),
  /** Looked for in titles and names. */
  q: searchText(200).optional(),
  /** Part of the meeting's title. */
  title: searchText(200).optional(),
  /** Part of a participant's name. */
  participant: searchText(200).optional(),
  /** Part of a phone's number as it is shown; of a whole number the last four digits are looked for as well. */
  number: searchText(64).optional(),
  minDurationMs: z.union([nothing, z.coerce.number().int().min(0)]).optional(),
  maxDurationMs: z.union([nothing, z.coerce.number().int().min(0)]).optional(),
  /** Under legal hold, or not. */
  held: z
    .union([nothing, z.enum(['true', 'false']).transform((text) => text === 'true')])
    .optional(),
  state: z.union([nothing, z.enum(['recording', 'sealed', 'failed'])]).optional(),
  cursor: z.union([nothing, searchText(200)]).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
