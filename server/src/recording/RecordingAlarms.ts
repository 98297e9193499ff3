import { AppError } from '@switchroom/protocol';
import type { Alarms } from '../alarms/Alarms.ts';

/** A meeting that must be recorded is, within this; otherwise it is an alarm, ms. */
const WITHIN_MS = 5_000;

/** Meetings that must be recorded and are not: raises the alarm, and takes it back. */
export class RecordingAlarms {
  readonly #alarms: Alarms;
  /** By meeting, of those that are to be recorded and are not yet. */
  readonly #waiting = new Map<string, NodeJS.Timeout>();

  constructor(alarms: Alarms) {
    this.#alarms = alarms;
  }

  /** A recording is to begin. Twice is silent. */
  wanted(meetingId: string): void {
    if (this.#waiting.has(meetingId)) return;
    const timer = setTimeout(() => {
      this.#alarms.raise({
        kind: 'recorder-unavailable',
        subject: { type: 'meeting', id: meetingId },
        meetingId,
      });
    }, WITHIN_MS);
    this.#waiting.set(meetingId, timer);
  }

  /** It could not begin, for this reason. */
  failed(meetingId: string, error: unknown): void {
    if (!(error instanceof AppError) || error.code !== 'storage-full') return;
    const subject = { type: 'meeting', id: meetingId } as const;
    const details = { reason: error.message };
    this.#alarms.raise({ kind: 'storage-full', subject, meetingId, details });
  }

  /** It began, or is not wanted any more. */
  settled(meetingId: string): void {
    clearTimeout(this.#waiting.get(meetingId));
    this.#waiting.delete(meetingId);
    const subject = { type: 'meeting', id: meetingId } as const;
    this.#alarms.clear('recorder-unavailable', subject);
    this.#alarms.clear('storage-full', subject);
  }
}
