import { z } from 'zod';
import { NUMBER_PRIVACIES, RECORDING_POLICIES } from './constants.ts';

export type RecordingPolicy = (typeof RECORDING_POLICIES)[number];
export type NumberPrivacy = (typeof NUMBER_PRIVACIES)[number];

export const createSessionSchema = z.object({
  email: z.string().trim().toLowerCase().min(3).max(254),
  password: z.string().min(1).max(1024),
});

export const createMeetingSchema = z.object({
  title: z.string().trim().min(1).max(120).optional(),
  lobby: z.boolean().optional(),
  recording: z.enum(RECORDING_POLICIES).optional(),
  numberPrivacy: z.enum(NUMBER_PRIVACIES).optional(),
});
export type CreateMeeting = z.infer<typeof createMeetingSchema>;

export const recordingActionSchema = z.object({ action: z.enum(['start', 'stop']) });

export interface User {
  id: string;
  email: string;
  role: 'administrator' | 'host';
}

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
  dialIn: DialIn[];
  lobby: boolean;
  recording: RecordingPolicy;
  /** How a phone without a name is shown, wherever it is: by its number, the last four digits, or neither. */
  numberPrivacy: NumberPrivacy;
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
}

export type ParticipantKind = 'browser' | 'phone';
export type Role = 'host' | 'participant';

/** A Participant as everybody in the room sees it. */
export interface ParticipantView {
  id: string;
  name: string;
  kind: ParticipantKind;
  role: Role;
  /** `connecting` until its audio path is up; `joined` from then on. */
  state: 'connecting' | 'joined';
  muted: boolean;
  handRaised: boolean;
}

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

/** In a query, `?from=` says as much as no `from` at all. */
const nothing = z.literal('').transform(() => undefined);

/** A time, or a whole day (UTC), of which it takes the first or the last millisecond. */
function moment(timeOfDay: string) {
  const day = z.iso.date().transform((date) => `${date}T${timeOfDay}Z`);
  return z.union([nothing, z.iso.datetime({ offset: true }), day], {
    error: 'must be a time or a day, as in 2026-01-31T09:30:00Z or 2026-01-31',
  });
}

export const listRecordingsQuerySchema = z.object({
  meetingId: z.union([nothing, z.string().max(64)]).optional(),
  from: moment('00:00:00.000').optional(),
  to: moment('23:59:59.999').optional(),
  q: z.string().max(200).optional(),
  cursor: z.union([nothing, z.string().max(200)]).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
