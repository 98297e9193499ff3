import {
  RECORDING_POLICIES,
  recordingViewSchema,
  type DialIn,
  type JoinPreview,
  type MeetingView,
  type ParticipantView,
  type User,
} from '@switchroom/protocol';
import { z } from 'zod';

/* The shapes of answers, for `openapi.json`; held to the protocol's types by `satisfies`. */

const userSchema = z.object({
  id: z.string(),
  email: z.string(),
  role: z.enum(['administrator', 'host']),
}) satisfies z.ZodType<User>;

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
  dialIn: z.array(dialInSchema),
  lobby: z.boolean(),
  recording: z.enum(RECORDING_POLICIES),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
  live: z.boolean(),
}) satisfies z.ZodType<MeetingView>;

export const participantViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['browser', 'phone']),
  role: z.enum(['host', 'participant']),
  state: z.enum(['connecting', 'joined']),
  muted: z.boolean(),
  handRaised: z.boolean(),
}) satisfies z.ZodType<ParticipantView>;

export const joinPreviewSchema = z.object({
  title: z.string(),
  rtpCapabilities: z.record(z.string(), z.unknown()),
  recording: z.enum(RECORDING_POLICIES),
}) satisfies z.ZodType<JoinPreview>;

export const recordingsPageSchema = z.object({
  items: z.array(recordingViewSchema),
  nextCursor: z.string().nullable(),
});
