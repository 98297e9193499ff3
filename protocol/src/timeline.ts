import { z } from 'zod';
import { pausedBySchema, type ConsentsView } from './consent.ts';
import { GAP_REASONS, TIMELINE_EVENTS } from './constants.ts';

export const timelineEventSchema = z.object({
  /** On the recording's clock, ms. */
  atMs: z.number().nonnegative(),
  event: z.enum(TIMELINE_EVENTS),
  participantId: z.string().max(64),
  /** Of `renamed`: what they are called from then on. */
  name: z.string().optional(),
});
export type TimelineEvent = z.infer<typeof timelineEventSchema>;

/** A part of a file in which there is no sound, on the recording's clock in ms. */
export const gapSchema = z.object({
  /** A track's id or `mix`. */
  file: z.string().max(64),
  fromMs: z.number().nonnegative(),
  /** `null`: to the end of whatever there was; nobody was left to see it. */
  toMs: z.number().nonnegative().nullable(),
  reason: z.enum(GAP_REASONS),
  /** Of `paused`: who paused it. */
  by: pausedBySchema.optional(),
});
export type Gap = z.infer<typeof gapSchema>;

/** What the manifest of a recording says of when what happened: `GET /recordings/:id/timeline`. */
export interface TimelineView {
  /** In the order in which it happened. */
  events: TimelineEvent[];
  /** By file, in order. */
  gaps: Gap[];
}

/** Both of what the manifest says, read once: `GET /recordings/:id/statements`. */
export interface StatementsView {
  consents: ConsentsView;
  timeline: TimelineView;
}
