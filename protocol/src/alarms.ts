import { z } from 'zod';
import type { ALARM_KINDS } from './constants.ts';

/*
 * What somebody must see to while it can still be mended.
 */
export type AlarmKind = (typeof ALARM_KINDS)[number];

export interface AlarmView {
  id: string;
  kind: AlarmKind;
  /** What it is about: one alarm of a kind for each. `file`: of a recording, where it is one alone: a track's id, `mix`, `manifest`, `seal`, or the recorder's `journal`. */
  subject: { type: 'meeting' | 'recording' | 'vault'; id: string; file?: string };
  /** The meeting whose hosts see it; null when it is of none that is live. */
  meetingId: string | null;
  /** For people: why, in numbers and codes. No names. */
  details: Record<string, string>;
  raisedAt: string;
  /** Null while it lasts. */
  clearedAt: string | null;
}

/** One of `GET /alarms`. */
export interface AlarmItem extends AlarmView {
  /** Of the meeting that it is about; null where it is about a recording. */
  title: string | null;
}

/** `PUT /alarm-webhook`. A secret that is left out stays as it is. */
export const setAlarmWebhookSchema = z.object({
  /** Null: nobody is told. */
  url: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    // Nothing is sent to such a one, and it would stand in the log.
    .refine((url) => !namesUser(url), 'must be without a user and a password: give a secret')
    .nullable(),
  secret: z.string().min(16).max(256).optional(),
});
export type SetAlarmWebhook = z.infer<typeof setAlarmWebhookSchema>;

/** `GET /alarm-webhook`: the secret is never given back. */
export interface AlarmWebhookView {
  url: string | null;
  hasSecret: boolean;
}

/** Whether a URL has a user or a password in it. */
export function namesUser(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.username !== '' || url.password !== '');
}
