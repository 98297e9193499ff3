import { z } from 'zod';
import { AUDIT_ACTORS, CONSENT_POLICIES, CONSENT_WAYS } from './constants.ts';
import { languageTagSchema } from './languageTag.ts';

export type ConsentPolicy = (typeof CONSENT_POLICIES)[number];

/** That somebody was told of a recording, or agreed to it, and by which words. */
export const toldSchema = z.object({
  how: z.enum(CONSENT_WAYS),
  /** What the words ask for. */
  policy: z.enum(CONSENT_POLICIES),
  at: z.iso.datetime(),
  language: languageTagSchema,
  /** As they were on the screen, or spoken. */
  words: z.string().min(1).max(1000),
});
export type Told = z.infer<typeof toldSchema>;

/** The same, of one participant. */
export const consentSchema = toldSchema.extend({
  participantId: z.string().max(64),
  /** As the others saw it then. */
  name: z.string().max(120),
});
export type Consent = z.infer<typeof consentSchema>;

/** Who paused a recording. */
export const pausedBySchema = z.object({
  kind: z.enum(AUDIT_ACTORS),
  id: z.string().max(64).nullable(),
  name: z.string().max(254).nullable(),
});
export type PausedBy = z.infer<typeof pausedBySchema>;

/** A part of a recording in which nothing was written, on its clock in ms. */
export interface Pause {
  fromMs: number;
  /** Null while it lasts, and where nobody was left to end it. */
  toMs: number | null;
  by: PausedBy;
}

/** What the manifest of a recording says of consent: `GET /recordings/:id/consents`. */
export interface ConsentsView {
  /** As it was when the recording began. */
  policy: ConsentPolicy;
  /** In the order in which it happened; `atMs` is on the recording's clock, negative before its begin. */
  consents: (Consent & { atMs: number })[];
  pauses: Pause[];
}
