import {
  ALARM_KINDS,
  CALL_FAILURES,
  CONSENT_POLICIES,
  consentSchema,
  ENTRY_SIGNALS,
  gapSchema,
  NUMBER_PRIVACIES,
  outboundSchema,
  pausedBySchema,
  RECORDING_POLICIES,
  recordingPolicySchema,
  recordingViewSchema,
  STORAGE_PLACES,
  timelineEventSchema,
  TRUNK_SRTP,
  USER_ROLES,
  type AlarmItem,
  type AlarmView,
  type AlarmWebhookView,
  type CallView,
  type ConsentsView,
  type DialIn,
  type DidView,
  type JoinPreview,
  type KeptRecordingView,
  type MeetingView,
  type ParticipantView,
  type Stated,
  type StatementsView,
  type TimelineView,
  type TombstoneView,
  type TrunkView,
  type User,
  type UserView,
} from '@switchroom/protocol';
import { z } from 'zod';

/* The shapes of answers, for `openapi.json`; held to the protocol's types by `satisfies`. */

const userSchema = z.object({
  id: z.string(),
  email: z.string(),
  role: z.enum(USER_ROLES),
  roles: z.array(z.enum(USER_ROLES)),
}) satisfies z.ZodType<User>;

export const userViewSchema = userSchema.extend({
  createdAt: z.string(),
}) satisfies z.ZodType<UserView>;

export const sessionViewSchema = z.object({ token: z.string(), user: userSchema });

const dialInSchema = z.object({
  number: z.string(),
  sipUri: z.string(),
}) satisfies z.ZodType<DialIn>;

export const meetingViewSchema = z.object({
  id: z.string(),
  title: z.string(),
  joinUrl: z.string(),
  pin: z.string(),
  moderatorPin: z.string(),
  dialIn: z.array(dialInSchema),
  lobby: z.boolean(),
  waitForHost: z.boolean(),
  entry: z.enum(ENTRY_SIGNALS),
  locked: z.boolean(),
  recording: z.enum(RECORDING_POLICIES),
  consent: z.enum(CONSENT_POLICIES),
  numberPrivacy: z.enum(NUMBER_PRIVACIES),
  retentionDays: z.int().nullable(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
  live: z.boolean(),
}) satisfies z.ZodType<MeetingView>;

export const participantViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['browser', 'phone']),
  role: z.enum(['host', 'participant']),
  state: z.enum(['lobby', 'connecting', 'joined']),
  muted: z.boolean(),
  handRaised: z.boolean(),
  held: z.boolean(),
  audio: z.enum(['browser', 'phone']),
  quality: z.number().nullable(),
  consent: z.enum(['none', 'awaited', 'given']),
  wasRemoved: z.literal(true).optional(),
}) satisfies z.ZodType<ParticipantView>;

export const joinPreviewSchema = z.object({
  title: z.string(),
  rtpCapabilities: z.record(z.string(), z.unknown()),
  recording: z.enum(RECORDING_POLICIES),
  consent: z.enum(CONSENT_POLICIES),
}) satisfies z.ZodType<JoinPreview>;

export const statedSchema = z.object({
  reason: z.string(),
  by: z.string(),
  at: z.string(),
}) satisfies z.ZodType<Stated>;

export const keptRecordingSchema = recordingViewSchema.extend({
  meetingTitle: z.string(),
  key: z.enum(['here', 'elsewhere', 'lost']),
  sealedTo: z.array(z.object({ fingerprint: z.string(), server: z.boolean() })),
  hold: statedSchema.nullable(),
  deletion: statedSchema.nullable(),
  expiresAt: z.string().nullable(),
  storage: z.object({
    place: z.enum(STORAGE_PLACES),
    bucket: z.string().nullable(),
    lockedUntil: z.string().nullable(),
  }),
}) satisfies z.ZodType<KeptRecordingView>;

export const recordingPolicyViewSchema = recordingPolicySchema.extend({
  /** What an administrator has asked for, until an officer confirms it. */
  asked: recordingPolicySchema.extend({ by: z.string(), at: z.string() }).nullable(),
});

export const tombstoneViewSchema = z.object({
  id: z.string(),
  meetingId: z.string(),
  startedAt: z.string(),
  deletedAt: z.string(),
  by: z.array(z.string()),
  reason: z.string(),
}) satisfies z.ZodType<TombstoneView>;

export const recordingsPageSchema = z.object({
  items: z.array(keptRecordingSchema),
  nextCursor: z.string().nullable(),
});

export const consentsSchema = z.object({
  policy: z.enum(CONSENT_POLICIES),
  consents: z.array(consentSchema.extend({ atMs: z.number() })),
  pauses: z.array(
    z.object({ fromMs: z.number(), toMs: z.number().nullable(), by: pausedBySchema }),
  ),
}) satisfies z.ZodType<ConsentsView>;

export const timelineSchema = z.object({
  events: z.array(timelineEventSchema),
  gaps: z.array(gapSchema),
}) satisfies z.ZodType<TimelineView>;

export const statementsSchema = z.object({
  consents: consentsSchema,
  timeline: timelineSchema,
}) satisfies z.ZodType<StatementsView>;

export const peaksSchema = z.object({
  stepMs: z.number(),
  peaks: z.array(z.int()),
  damage: z.array(z.object({ fromMs: z.number(), toMs: z.number() })),
});

export const trunkViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  cidrs: z.array(z.string()),
  digest: z.object({ username: z.string(), realm: z.string() }).nullable(),
  maxCalls: z.int(),
  callsPerSecond: z.int(),
  srtp: z.enum(TRUNK_SRTP),
  clientCertificate: z.boolean(),
  outbound: outboundSchema.omit({ password: true }).nullable(),
  enabled: z.boolean(),
  createdAt: z.string(),
}) satisfies z.ZodType<TrunkView>;

export const didViewSchema = z.object({
  id: z.string(),
  number: z.string(),
  trunkId: z.string().nullable(),
  language: z.string(),
  meetingId: z.string().nullable(),
  enabled: z.boolean(),
  createdAt: z.string(),
}) satisfies z.ZodType<DidView>;

export const callViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(['calling', 'ringing', 'confirming', 'joined', 'failed']),
  reason: z.enum(CALL_FAILURES).nullable(),
  participantId: z.string().nullable(),
}) satisfies z.ZodType<CallView>;

export const alarmViewSchema = z.object({
  id: z.string(),
  kind: z.enum(ALARM_KINDS),
  subject: z.object({
    type: z.enum(['meeting', 'recording', 'vault']),
    id: z.string(),
    file: z.string().exactOptional(),
  }),
  meetingId: z.string().nullable(),
  details: z.record(z.string(), z.string()),
  raisedAt: z.string(),
  clearedAt: z.string().nullable(),
}) satisfies z.ZodType<AlarmView>;

export const alarmItemSchema = alarmViewSchema.extend({
  title: z.string().nullable(),
}) satisfies z.ZodType<AlarmItem>;

export const alarmWebhookViewSchema = z.object({
  url: z.string().nullable(),
  hasSecret: z.boolean(),
}) satisfies z.ZodType<AlarmWebhookView>;
