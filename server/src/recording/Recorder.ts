import type { Consent, PausedBy, RecordingStart } from '@switchroom/protocol';

/** A connected recorder, as RecordingControl needs it. */
export interface Recorder {
  /** Resolves once the first file is open. Errors: any, e.g. no answer in time. */
  start(request: RecordingStart): Promise<void>;
  /** Resolves once nothing more is written, or everything again (`by` null). */
  pause(recordingId: string, by: PausedBy | null): Promise<void>;
  /** Who was told of the recording, or agreed; the same may come again. */
  tell(recordingId: string, consents: Consent[]): void;
  /** Resolves when everything is on disk and sealed. */
  stop(recordingId: string): Promise<void>;
  /** It does not answer any more: its connection is cut, so that it is as gone. */
  giveUp(): void;
}
